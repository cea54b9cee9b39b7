/** The ladder of equivalence with the running kernel, and the fuzzer that climbs it. */
module dev.skep.ladder {
  requires transitive dev.skep.core;
  requires transitive dev.skep.natives;
  requires transitive dev.skep.vm;
  requires transitive dev.skep.linux;
  requires static transitive org.jspecify;

  exports dev.skep.ladder;
  exports dev.skep.fuzz;
}

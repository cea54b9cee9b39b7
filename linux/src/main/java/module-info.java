/** The running Linux kernel as an engine, over bpf(2). */
module dev.skep.linux {
  requires transitive dev.skep.core;
  requires transitive dev.skep.natives;
  requires static transitive org.jspecify;

  exports dev.skep.linux;
  exports dev.skep.linux.link;
}

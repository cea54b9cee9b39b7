/** Skep's userspace engine. */
module dev.skep.vm {
  requires transitive dev.skep.core;
  requires transitive dev.skep.natives;
  requires static transitive org.jspecify;

  exports dev.skep.machine;
  exports dev.skep.run;
  exports dev.skep.map;
  exports dev.skep.jit;
  exports dev.skep.jit.arm64;
  exports dev.skep.jit.x64;
  exports dev.skep.interp;
}

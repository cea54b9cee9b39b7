/** Writes skeletons: Java classes for BPF objects. */
module dev.skep.skeleton {
  requires java.compiler;
  requires transitive dev.skep.core;
  requires static org.jspecify;

  exports dev.skep.skeleton;
}

/** Skep's pure Java core: instructions, BTF, objects, verifier, rewrites, engine interfaces. */
module dev.skep.core {
  requires static transitive org.jspecify;

  exports dev.skep.errors;
  exports dev.skep.isa;
  exports dev.skep.btf;
  exports dev.skep.program;
  exports dev.skep.program.layout;
  exports dev.skep.object;
  exports dev.skep.verify;
  exports dev.skep.rewrite;
  exports dev.skep.explain;
  exports dev.skep.data;
  exports dev.skep.engine;
}

/** The only module of Skep with restricted (foreign function and memory) methods. */
module dev.skep.natives {
  requires static transitive org.jspecify;

  exports dev.skep.natives;
}

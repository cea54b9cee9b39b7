package dev.skep.rewrite;

/** Converts the accesses of one struct (convert_ctx_access of struct bpf_verifier_ops). */
@FunctionalInterface
interface ContextConverter {
  /**
   * Emits what reads or writes the kernel's member.
   *
   * @return bytes of the member; a read of less is masked by the caller
   * @throws dev.skep.errors.UnsupportedException if there is no such field
   */
  int convert(Access access);
}

package dev.skep.rewrite;

/**
 * Variables of the kernel that rewritten code reads. In a {@link RunnableProgram} their address is
 * a ld_imm64 with src 3 and the ordinal as imm.
 */
public enum KernelVariable {
  /** The tick counter, u64. */
  JIFFIES("jiffies"),

  /** A variable or function that the program names. */
  NAMED(""),

  /** What the kernel keeps of the program itself (struct bpf_prog_aux). */
  PROGRAM("prog_aux"),

  /**
   * The record of an allocated object's special fields (struct btf_struct_meta); the second half of
   * the load has the object's type in the program's BTF.
   */
  OBJECT_FIELDS("btf_struct_meta");

  private final String symbol;

  KernelVariable(String symbol) {
    this.symbol = symbol;
  }

  /** Whether each program has its own, which the kernel allocates. */
  public boolean isAllocated() {
    return this == PROGRAM || this == OBJECT_FIELDS;
  }

  /** The kernel's symbol. */
  public String symbol() {
    return symbol;
  }
}

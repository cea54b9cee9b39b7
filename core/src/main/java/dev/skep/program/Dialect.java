package dev.skep.program;

/** The kernel whose verdicts are reproduced. Rewrites and machine code are those of Linux 6.18. */
public enum Dialect {
  /** Linux 6.18: no direct access to the values of per-CPU arrays. */
  V6_18("6.18"),

  /**
   * Later kernels with the patches that proposed global per-CPU data, before they were merged. All
   * is as in {@link #MAINLINE} but that programs with such data are refused without a JIT at once
   * and with another errno, and the order of the conditions for a value's address.
   */
  SEED("seed"),

  /**
   * Linux 7.0 and later: sleepable programs may use program arrays, callbacks may not reach a tail
   * call, which Linux 6.18 lets corrupt the stack, precision follows what atomic operations fetch,
   * and there is global per-CPU data.
   */
  MAINLINE("mainline");

  private final String text;

  Dialect(String text) {
    this.text = text;
  }

  /** The name that users give. */
  public String text() {
    return text;
  }

  /**
   * Whether a value that an atomic operation fetches from the stack is followed into its slot when
   * it must be known precisely (backtrack_insn). Linux 6.18 follows the register's value from
   * before the operation instead, and takes states for equal whose slots differ.
   */
  public boolean followsFetchedValues() {
    return this != V6_18;
  }

  /**
   * Whether a slot below fp-256 counts as overwritten only if every path overwrites it, as slots
   * above do (commit_stack_write_marks). Linux 6.18 cuts what it knows of such slots to 32 bits, so
   * the first path alone decides, and it takes states for equal whose slots differ.
   */
  public boolean followsDeepSlots() {
    return this != V6_18;
  }

  /**
   * Whether a pointer to what every CPU has a copy of may point to nothing else. For Linux 6.18 an
   * object without copies will do (map_kptr_match_type), whose first bytes are then taken for the
   * address of the copies.
   */
  public boolean tellsPerCpuObjects() {
    return this != V6_18;
  }

  /**
   * Whether a negative number that a load sign-extends is another one than was spilled. Linux 6.18
   * keeps both linked (check_stack_read_fixed_off, coerce_reg_to_size_sx), and learns of the one
   * what is true of the other.
   */
  public boolean unlinksSignExtended() {
    return this != V6_18;
  }

  /**
   * The kernel of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Dialect parse(String text) {
    for (Dialect dialect : values()) {
      if (dialect.text.equals(text)) {
        return dialect;
      }
    }
    throw new IllegalArgumentException("kernel \"" + text + "\", want 6.18, seed or mainline");
  }
}

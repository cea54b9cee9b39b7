package dev.skep.rewrite;

/** The machine that a program is compiled for, as far as the rewrites ask its JIT. */
public enum JitTarget {
  /** The number of the CPU is read by instructions that the rewrites put in. */
  X86_64("x86_64", false),
  /** The JIT itself puts instructions in the place of such calls (bpf_jit_inlines_helper_call). */
  ARM64("arm64", true);

  private final String text;
  private final boolean inlinesCpuNumber;

  JitTarget(String text, boolean inlinesCpuNumber) {
    this.text = text;
    this.inlinesCpuNumber = inlinesCpuNumber;
  }

  /** The name that users give. */
  public String text() {
    return text;
  }

  boolean inlinesCpuNumber() {
    return inlinesCpuNumber;
  }

  /**
   * The target of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static JitTarget parse(String text) {
    for (JitTarget target : values()) {
      if (target.text.equals(text)) {
        return target;
      }
    }
    throw new IllegalArgumentException("architecture \"" + text + "\", want x86_64 or arm64");
  }
}

package dev.skep.rewrite;

/**
 * What the rewrites may assume of the runtime.
 *
 * @param tailCalls what the imm of a tail call holds
 * @param direct whether tail calls with one map and one constant key become direct jumps that the
 *     runtime patches; otherwise all tail calls go through the program array
 * @param blinding whether constants that the program's author chose are kept out of the machine
 *     code (net.core.bpf_jit_harden); then no tail call is direct
 * @param target whose JIT it is for
 */
public record RewriteOptions(
    TailCallDialect tailCalls, boolean direct, boolean blinding, JitTarget target) {
  /** As Linux 6.18 with its JIT on. */
  public static final RewriteOptions LINUX = new RewriteOptions(TailCallDialect.LINUX_6_18, true);

  /** As Linux with the seed's patches and its JIT on. */
  public static final RewriteOptions SEED = new RewriteOptions(TailCallDialect.SEED, true);

  /** For a runtime that does not patch code. */
  public static final RewriteOptions INDIRECT = new RewriteOptions(TailCallDialect.SEED, false);

  /** For x86-64, without blinding. */
  public RewriteOptions(TailCallDialect tailCalls, boolean direct) {
    this(tailCalls, direct, false, JitTarget.X86_64);
  }

  /** The same with blinding. */
  public RewriteOptions blinded() {
    return new RewriteOptions(tailCalls, direct, true, target);
  }

  /** The same for another machine. */
  public RewriteOptions withTarget(JitTarget other) {
    return new RewriteOptions(tailCalls, direct, blinding, other);
  }
}

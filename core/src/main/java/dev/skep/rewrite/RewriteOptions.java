package dev.skep.rewrite;

/**
 * What the rewrites may assume of the runtime.
 *
 * @param directTailCalls whether tail calls with one map and one constant key become direct jumps
 *     that the runtime patches; otherwise all tail calls go through the program array
 */
public record RewriteOptions(boolean directTailCalls) {
  /** As Linux with its JIT on. */
  public static final RewriteOptions LINUX = new RewriteOptions(true);

  /** For a runtime that does not patch code. */
  public static final RewriteOptions INDIRECT = new RewriteOptions(false);
}

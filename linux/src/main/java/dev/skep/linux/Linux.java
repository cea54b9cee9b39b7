package dev.skep.linux;

/** The running kernel. */
public final class Linux {
  private Linux() {}

  /** An engine over bpf(2); {@link KernelEngine#available} says whether it may be used. */
  public static KernelEngine kernel() {
    return KernelEngine.host();
  }
}

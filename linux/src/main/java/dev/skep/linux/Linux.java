package dev.skep.linux;

/** The running kernel. */
public final class Linux {
  private Linux() {}
}

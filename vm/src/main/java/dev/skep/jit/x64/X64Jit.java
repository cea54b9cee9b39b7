package dev.skep.jit.x64;

/** Placeholder of the skeleton. */
public final class X64Jit {
  private X64Jit() {}
}

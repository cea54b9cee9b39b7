package dev.skep.natives;

/** Placeholder of the skeleton. */
public final class Memory {
  private Memory() {}
}

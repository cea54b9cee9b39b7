package dev.skep.jit;

/** Placeholder of the skeleton. */
public final class MachineCode {
  private MachineCode() {}
}

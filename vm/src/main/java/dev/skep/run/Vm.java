package dev.skep.run;

/** The userspace engine. */
public final class Vm {
  private Vm() {}
}

package dev.skep.machine;

/**
 * A helper or kernel function that BPF code calls: five 64-bit arguments, one 64-bit result (R0).
 */
@FunctionalInterface
public interface BpfFunction {
  /**
   * @param cpu the CPU that the calling run holds
   * @param r1 first argument; pointers are addresses
   * @return R0, sign-extended as the kernel's helpers do
   */
  long call(Cpu cpu, long r1, long r2, long r3, long r4, long r5);
}

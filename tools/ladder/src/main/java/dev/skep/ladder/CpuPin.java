package dev.skep.ladder;

import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;

/**
 * Keeps this thread on one CPU while the kernel runs a program: what a program does may depend on
 * the CPU's number. Where the system does not allow that, nothing happens.
 */
final class CpuPin implements AutoCloseable {
  /** Room for 8192 CPUs. */
  private static final int MASK_BYTES = 1024;

  private final Syscalls syscalls = Syscalls.host();
  private final boolean arm = System.getProperty("os.arch", "").equals("aarch64");
  private final long before = Memory.allocate(MASK_BYTES);
  private final long saved;

  /**
   * @param cpu the CPU's number
   */
  CpuPin(int cpu) {
    saved = syscalls.syscall(arm ? 123 : 204, 0, MASK_BYTES, before); // sched_getaffinity
    long mask = Memory.allocate(MASK_BYTES);
    Memory.putByte(mask + cpu / 8, (byte) (1 << cpu % 8));
    set(MASK_BYTES, mask);
    Memory.free(mask);
  }

  private void set(long bytes, long mask) {
    syscalls.syscall(arm ? 122 : 203, 0, bytes, mask); // sched_setaffinity
  }

  @Override
  public void close() {
    if (saved > 0) {
      set(saved, before);
    }
    Memory.free(before);
  }
}

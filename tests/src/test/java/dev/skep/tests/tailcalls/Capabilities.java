package dev.skep.tests.tailcalls;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.skep.natives.Syscalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** Does something without some rights of root, on this thread alone (capset of the kernel). */
final class Capabilities {
  private static final long CAPGET = 125;
  private static final long CAPSET = 126;
  private static final int VERSION_3 = 0x20080522;
  private static final int SYS_ADMIN = 1 << 21;
  private static final int PERFMON = 1 << 38 - 32;

  private Capabilities() {}

  /** Runs without CAP_PERFMON and CAP_SYS_ADMIN, which stands for it. */
  static <T> T withoutPerfmon(Supplier<T> action) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment header = arena.allocate(8, 8);
      header.set(JAVA_INT, 0, VERSION_3);
      MemorySegment sets = arena.allocate(24, 8); // effective, permitted, inheritable; twice
      call(CAPGET, header, sets);
      int low = sets.get(JAVA_INT, 0);
      int high = sets.get(JAVA_INT, 12);
      sets.set(JAVA_INT, 0, low & ~SYS_ADMIN);
      sets.set(JAVA_INT, 12, high & ~PERFMON);
      call(CAPSET, header, sets);
      try {
        return action.get();
      } finally {
        sets.set(JAVA_INT, 0, low);
        sets.set(JAVA_INT, 12, high);
        call(CAPSET, header, sets);
      }
    }
  }

  private static void call(long number, MemorySegment header, MemorySegment sets) {
    long result = Syscalls.host().syscall(number, header.address(), sets.address());
    if (result < 0) {
      throw new IllegalStateException("capabilities: errno " + -result);
    }
  }
}

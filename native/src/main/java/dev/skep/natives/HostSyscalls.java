package dev.skep.natives;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/** System calls of the running kernel, through the C library's {@code syscall}. */
final class HostSyscalls implements Syscalls {
  static final HostSyscalls INSTANCE = new HostSyscalls();

  private static final int MAX_ARGUMENTS = 6;

  /** The address space ends below here, so that no result but an error lies above. */
  private static final long FIRST_ERROR = -4095;

  private static final MethodHandle SYSCALL =
      Libc.function("syscall", 1 + MAX_ARGUMENTS, Linker.Option.captureCallState("errno"));

  private HostSyscalls() {}

  @Override
  public long syscall(long number, long... arguments) {
    if (arguments.length > MAX_ARGUMENTS) {
      throw new IllegalArgumentException("a system call takes six arguments at most");
    }
    long[] six = Arrays.copyOf(arguments, MAX_ARGUMENTS);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.callState(arena);
      long result =
          (long) SYSCALL.invokeExact(state, number, six[0], six[1], six[2], six[3], six[4], six[5]);
      return result == -1 ? -Libc.errno(state) : result;
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }

  /** Whether a result of {@link #syscall} is an error. */
  static boolean failed(long result) {
    return result < 0 && result >= FIRST_ERROR;
  }
}

package dev.skep.natives;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What the process does on a signal: the kernel's struct sigaction on x86-64, not the C library's.
 *
 * <pre>
 *   0          8        16          24      32
 *   | handler  | flags  | restorer  | mask  |
 * </pre>
 *
 * @param handler address of a function of (number, siginfo, ucontext), or {@link #DEFAULT}, {@link
 *     #IGNORE}
 * @param flags {@code SA_}
 * @param restorer address of code that calls rt_sigreturn
 * @param mask signals that wait while the handler runs
 */
public record SignalAction(long handler, long flags, long restorer, long mask) {
  /** SIG_DFL. */
  public static final long DEFAULT = 0;

  /** SIG_IGN. */
  public static final long IGNORE = 1;

  public static final int SIGTRAP = 5;
  public static final long SA_SIGINFO = 4;
  public static final long SA_RESTORER = 0x0400_0000;
  public static final long SA_ONSTACK = 0x0800_0000;
  public static final long SA_RESTART = 0x1000_0000;
  public static final long SA_NODEFER = 0x4000_0000;

  private static final long SYS_RT_SIGACTION = 13;
  private static final int SIZE = 32;
  private static final int MASK_SIZE = 8;

  /** The action of now. */
  public static SignalAction of(int signal) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment old = arena.allocate(SIZE, 8);
      act(signal, 0, old.address());
      return new SignalAction(
          old.get(ValueLayout.JAVA_LONG, 0),
          old.get(ValueLayout.JAVA_LONG, 8),
          old.get(ValueLayout.JAVA_LONG, 16),
          old.get(ValueLayout.JAVA_LONG, 24));
    }
  }

  /** Makes this the action of a signal, for all threads and from now on. */
  public void install(int signal) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment action = arena.allocate(SIZE, 8);
      action.set(ValueLayout.JAVA_LONG, 0, handler);
      action.set(ValueLayout.JAVA_LONG, 8, flags);
      action.set(ValueLayout.JAVA_LONG, 16, restorer);
      action.set(ValueLayout.JAVA_LONG, 24, mask);
      act(signal, action.address(), 0);
    }
  }

  // The C library's sigaction would put its own restorer in, and hides some signals.
  private static void act(int signal, long action, long old) {
    long result = Syscalls.host().syscall(SYS_RT_SIGACTION, signal, action, old, MASK_SIZE);
    if (result < 0) {
      throw new IllegalStateException("rt_sigaction " + signal + ": errno " + -result);
    }
  }
}

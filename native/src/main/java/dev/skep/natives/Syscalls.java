package dev.skep.natives;

/**
 * The one door to system calls. {@link #host} is the running kernel; tests put a fake in its place.
 */
@FunctionalInterface
public interface Syscalls {
  /**
   * Makes one system call.
   *
   * @param number of the call on this architecture
   * @param arguments up to six; pointers are addresses
   * @return the kernel's result: 0 or more, or the negative errno
   */
  long syscall(long number, long... arguments);

  /** The running kernel. */
  static Syscalls host() {
    return HostSyscalls.INSTANCE;
  }
}

package dev.skep.linux.sys;

import dev.skep.errors.UnsupportedException;

/** Numbers of the system calls used here, which differ between architectures. */
public final class CallNumbers {
  private static final boolean X86_64 = isX8664(System.getProperty("os.arch", ""));

  public static final long READ = either(0, 63);
  public static final long WRITE = either(1, 64);
  public static final long OPENAT = either(257, 56);
  public static final long CLOSE = either(3, 57);
  public static final long FCNTL = either(72, 25);
  public static final long IOCTL = either(16, 29);
  public static final long LSEEK = either(8, 62);
  public static final long SOCKET = either(41, 198);
  public static final long SENDTO = either(44, 206);
  public static final long RECVFROM = either(45, 207);
  public static final long BIND = either(49, 200);
  public static final long SETSOCKOPT = either(54, 208);
  public static final long GETTID = either(186, 178);
  public static final long GETPPID = either(110, 173);
  public static final long MOUNT = either(165, 40);
  public static final long UNSHARE = either(272, 97);
  public static final long PRLIMIT64 = either(302, 261);
  public static final long SETNS = either(308, 268);
  public static final long MMAP = either(9, 222);
  public static final long MUNMAP = either(11, 215);
  public static final long EPOLL_CREATE1 = either(291, 20);
  public static final long EPOLL_CTL = either(233, 21);

  /** epoll_wait itself is missing where numbers are generic. */
  public static final long EPOLL_PWAIT = either(281, 22);

  public static final long PERF_EVENT_OPEN = either(298, 241);
  public static final long BPF = either(321, 280);

  private CallNumbers() {}

  private static boolean isX8664(String architecture) {
    return switch (architecture) {
      case "amd64", "x86_64" -> true;
      case "aarch64" -> false;
      default -> throw new UnsupportedException("bpf(2) on architecture \"" + architecture + "\"");
    };
  }

  /** One row: arch/x86/entry/syscalls/syscall_64.tbl, and asm-generic/unistd.h for arm64. */
  private static long either(int x8664, int generic) {
    return X86_64 ? x8664 : generic;
  }
}

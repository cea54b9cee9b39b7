package dev.skep.linux.sys;

import dev.skep.natives.Memory;

/**
 * The limit of locked memory, which kernels before 5.11 charge maps, programs and BTF to. Newer
 * ones charge the memory control group and leave the limit alone, and so does this.
 */
public final class Memlock {
  private static final int RLIMIT_MEMLOCK = 8;
  private static final long INFINITY = -1;
  private static final int SOCKET_FILTER = 1;
  private static final int KTIME_GET_COARSE_NS = 160;

  private final Bpf bpf;
  private boolean tried;

  Memlock(Bpf bpf) {
    this.bpf = bpf;
  }

  /**
   * Lifts the limit, once in the life of this, where the kernel counts locked memory.
   *
   * @return whether the limit is higher than before, so that it is worth to try again
   */
  synchronized boolean raise() {
    if (tried) {
      return false;
    }
    tried = true;
    long before = limit(0);
    return before != INFINITY && !chargesControlGroup() && set(INFINITY);
  }

  /** The soft limit in bytes; -1 where there is none, or the kernel does not tell. */
  public long bytes() {
    return limit(0);
  }

  /** Whether memory is charged to the control group: the release that brought helper 160. */
  public boolean chargesControlGroup() {
    // call ktime_get_coarse_ns; exit
    long[] code = {0x85 | (long) KTIME_GET_COARSE_NS << 32, 0x95};
    try (Attr attr = new Attr()) {
      attr.putInt(AttrLayout.ProgLoad.TYPE, SOCKET_FILTER);
      attr.putInt(AttrLayout.ProgLoad.INSN_CNT, code.length);
      long insns = attr.putBuffer(AttrLayout.ProgLoad.INSNS, 8L * code.length);
      for (int i = 0; i < code.length; i++) {
        Memory.putLong(insns + 8L * i, code[i]);
      }
      attr.putString(AttrLayout.ProgLoad.LICENSE, "GPL");
      int fd = bpf.plainCall(Bpf.PROG_LOAD, attr);
      if (fd >= 0) {
        bpf.own(fd).close();
      }
      return fd >= 0;
    }
  }

  private long limit(long change) {
    long old = Memory.allocate(16);
    try {
      Memory.putLong(old, INFINITY);
      bpf.syscalls().syscall(CallNumbers.PRLIMIT64, 0, RLIMIT_MEMLOCK, change, old);
      return Memory.getLong(old);
    } finally {
      Memory.free(old);
    }
  }

  private boolean set(long bytes) {
    long limits = Memory.allocate(16);
    try {
      Memory.putLong(limits, bytes);
      Memory.putLong(limits + 8, bytes);
      return bpf.syscalls().syscall(CallNumbers.PRLIMIT64, 0, RLIMIT_MEMLOCK, limits, 0) == 0;
    } finally {
      Memory.free(limits);
    }
  }
}

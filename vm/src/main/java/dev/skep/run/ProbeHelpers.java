package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.BpfFunction;
import dev.skep.natives.Memory;

/**
 * Helpers that read memory at any address (kernel/trace/bpf_trace.c). There is no user memory here:
 * what programs of the runtime may touch counts as the kernel's.
 */
final class ProbeHelpers {
  /** Where user addresses end: TASK_SIZE_MAX and a guard page. */
  private static final long USER_LIMIT = 0x7fff_ffff_f000L;

  private final ProbeMemory memory;

  ProbeHelpers(ProbeMemory memory) {
    this.memory = memory;
  }

  void define(HelperTable table) {
    BpfFunction any = (cpu, dst, size, from, r4, r5) -> read(dst, (int) size, from, isUser(from));
    BpfFunction anyString =
        (cpu, dst, size, from, r4, r5) -> readString(dst, (int) size, from, isUser(from));
    table.set(4, any);
    table.set(45, anyString);
    table.set(112, (cpu, dst, size, from, r4, r5) -> read(dst, (int) size, from, true));
    table.set(113, (cpu, dst, size, from, r4, r5) -> read(dst, (int) size, from, false));
    table.set(114, (cpu, dst, size, from, r4, r5) -> readString(dst, (int) size, from, true));
    table.set(115, (cpu, dst, size, from, r4, r5) -> readString(dst, (int) size, from, false));
  }

  /** Whether an address is in the user's half, as far as it is not memory of the runtime. */
  private boolean isUser(long address) {
    return !memory.readable(address, 1) && inUserHalf(address);
  }

  private static boolean inUserHalf(long address) {
    return Long.compareUnsigned(address, USER_LIMIT) < 0;
  }

  /** The errno of a read that failed, with the destination zeroed. */
  private long fail(long dst, int size, int errno) {
    Memory.fill(dst, Integer.toUnsignedLong(size), (byte) 0);
    return -errno;
  }

  /** The errno that the kernel gives for an address it refuses to look at. */
  private int kernelFault(long address) {
    boolean canonical = address << 16 >> 16 == address;
    return !memory.readable(address, 1) && (inUserHalf(address) || !canonical)
        ? Errno.ERANGE
        : Errno.EFAULT;
  }

  private long read(long dst, int size, long from, boolean user) {
    if (user) {
      return size == 0 && inUserHalf(from) ? 0 : fail(dst, size, Errno.EFAULT);
    }
    if (!memory.readable(from, Math.max(size, 1)) || size < 0) {
      return fail(dst, size, kernelFault(from));
    }
    Memory.copy(from, dst, size);
    return 0;
  }

  private long readString(long dst, int size, long from, boolean user) {
    if (size == 0) {
      return 0;
    }
    if (user || !memory.readable(from, 1)) {
      return fail(dst, size, user ? Errno.EFAULT : kernelFault(from));
    }
    int length = 0;
    while (length < size) {
      if (!memory.readable(from + length, 1)) {
        return fail(dst, size, Errno.EFAULT);
      }
      byte c = Memory.getByte(from + length);
      Memory.putByte(dst + length, c);
      length++;
      if (c == 0) {
        return length;
      }
    }
    Memory.putByte(dst + size - 1, (byte) 0);
    return size;
  }
}

package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.BpfFunction;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;

/**
 * Helpers that read memory at any address (kernel/trace/bpf_trace.c). There is no user memory here:
 * what programs of the runtime may touch counts as the kernel's.
 */
final class ProbeHelpers {
  private final ProbeMemory memory;

  ProbeHelpers(ProbeMemory memory) {
    this.memory = memory;
  }

  void define(HelperTable table) {
    BpfFunction any =
        (cpu, dst, size, from, r4, r5) -> read(cpu, dst, (int) size, from, isUser(cpu, from));
    BpfFunction anyString =
        (cpu, dst, size, from, r4, r5) -> readString(cpu, dst, (int) size, from, isUser(cpu, from));
    table.set(4, any);
    table.set(45, anyString);
    table.set(112, (cpu, dst, size, from, r4, r5) -> read(cpu, dst, (int) size, from, true));
    table.set(113, (cpu, dst, size, from, r4, r5) -> read(cpu, dst, (int) size, from, false));
    table.set(114, (cpu, dst, size, from, r4, r5) -> readString(cpu, dst, (int) size, from, true));
    table.set(115, (cpu, dst, size, from, r4, r5) -> readString(cpu, dst, (int) size, from, false));
    // There is no user memory.
    table.set(
        148,
        (cpu, dst, size, from, r4, r5) ->
            (int) size == 0 ? 0 : fail(dst, (int) size, Errno.EFAULT));
    table.set(
        191,
        (cpu, dst, size, from, task, flags) -> {
          if (flags != 0) {
            return -Errno.EINVAL;
          }
          return (int) size == 0 ? 0 : fail(dst, (int) size, Errno.EFAULT);
        });
  }

  /** Whether an address is in the user's half, as far as it is not memory of the runtime. */
  private boolean isUser(Cpu cpu, long address) {
    return !memory.readable(cpu, address, 1) && ProbeMemory.inUserHalf(address);
  }

  /** The errno of a read that failed, with the destination zeroed. */
  private long fail(long dst, int size, int errno) {
    Memory.fill(dst, Integer.toUnsignedLong(size), (byte) 0);
    return -errno;
  }

  /** The errno that the kernel gives for an address it refuses to look at. */
  private int kernelFault(Cpu cpu, long address) {
    return memory.isKernel(cpu, address) ? Errno.EFAULT : Errno.ERANGE;
  }

  private long read(Cpu cpu, long dst, int size, long from, boolean user) {
    if (user) {
      boolean nothing = size == 0 && isUser(cpu, from);
      return nothing ? 0 : fail(dst, size, Errno.EFAULT);
    }
    if (!memory.readable(cpu, from, Math.max(size, 1)) || size < 0) {
      return fail(dst, size, kernelFault(cpu, from));
    }
    Memory.copy(from, dst, size);
    return 0;
  }

  private long readString(Cpu cpu, long dst, int size, long from, boolean user) {
    if (size == 0) {
      return 0;
    }
    if (user || !memory.readable(cpu, from, 1)) {
      return fail(dst, size, user ? Errno.EFAULT : kernelFault(cpu, from));
    }
    int length = 0;
    while (length < size) {
      if (!memory.readable(cpu, from + length, 1)) {
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

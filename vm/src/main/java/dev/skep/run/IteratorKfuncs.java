package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;

/** Iterators over numbers and bits (kernel/bpf/bpf_iter.c, helpers.c). */
final class IteratorKfuncs {
  private static final long U32 = 0xffffffffL;

  /** BPF_MAX_LOOPS. */
  private static final long MAX_LOOPS = 1 << 23;

  // struct bpf_iter_num_kern.
  private static final int CURRENT = 0;
  private static final int END = 4;

  // struct bpf_iter_bits_kern.
  private static final int BITS = 0;
  private static final int COUNT = 8;
  private static final int BIT = 12;
  private static final int MAX_WORDS = 511;

  private final ProbeMemory memory;

  IteratorKfuncs(ProbeMemory memory) {
    this.memory = memory;
  }

  void define(HelperTable table) {
    table.set(
        "bpf_iter_num_new",
        (cpu, it, start, end, r4, r5) -> newNumbers(it, (int) start, (int) end) & U32);
    table.set("bpf_iter_num_next", (cpu, it, r2, r3, r4, r5) -> nextNumber(it));
    table.set("bpf_iter_num_destroy", (cpu, it, r2, r3, r4, r5) -> noNumbers(it, 0));
    table.set(
        "bpf_iter_bits_new",
        (cpu, it, words, count, r4, r5) -> newBits(cpu, it, words, (int) count) & U32);
    table.set("bpf_iter_bits_next", (cpu, it, r2, r3, r4, r5) -> nextBit(it));
    table.set("bpf_iter_bits_destroy", (cpu, it, r2, r3, r4, r5) -> destroyBits(it));
  }

  private static long noNumbers(long it, int errno) {
    Memory.putLong(it, 0);
    return -errno;
  }

  private static long newNumbers(long it, int start, int end) {
    if (start > end) {
      return noNumbers(it, Errno.EINVAL);
    }
    if ((long) end - start > MAX_LOOPS) {
      return noNumbers(it, Errno.E2BIG);
    }
    Memory.putInt(it + CURRENT, start - 1);
    Memory.putInt(it + END, end);
    return 0;
  }

  private static long nextNumber(long it) {
    int next = Memory.getInt(it + CURRENT) + 1;
    if (next >= Memory.getInt(it + END)) {
      return noNumbers(it, 0);
    }
    Memory.putInt(it + CURRENT, next);
    return it + CURRENT;
  }

  private long newBits(Cpu cpu, long it, long words, int count) {
    Memory.putLong(it + BITS, 0);
    Memory.putInt(it + COUNT, 0);
    Memory.putInt(it + BIT, -1);
    if (words == 0 || count == 0) {
      return -Errno.EINVAL;
    }
    if (Integer.compareUnsigned(count, MAX_WORDS) > 0) {
      return -Errno.E2BIG;
    }
    int bytes = count * Long.BYTES;
    if (!memory.readable(cpu, words, bytes)) {
      return -Errno.EFAULT;
    }
    if (count == 1) {
      Memory.putLong(it + BITS, Memory.getLong(words));
    } else {
      long copy = Memory.allocate(bytes);
      Memory.copy(words, copy, bytes);
      Memory.putLong(it + BITS, copy);
    }
    Memory.putInt(it + COUNT, count * Long.SIZE);
    return 0;
  }

  private static long nextBit(long it) {
    int count = Memory.getInt(it + COUNT);
    int bit = Memory.getInt(it + BIT);
    if (bit >= count) {
      return 0;
    }
    long bits = count == Long.SIZE ? it + BITS : Memory.getLong(it + BITS);
    for (bit++; bit < count; bit++) {
      long word = Memory.getLong(bits + (bit >>> 6) * (long) Long.BYTES) >>> bit;
      if (word == 0) {
        bit |= Long.SIZE - 1;
        continue;
      }
      bit += Long.numberOfTrailingZeros(word);
      break;
    }
    Memory.putInt(it + BIT, bit);
    return bit < count ? it + BIT : 0;
  }

  private static long destroyBits(long it) {
    if (Memory.getInt(it + COUNT) > Long.SIZE) {
      Memory.free(Memory.getLong(it + BITS));
    }
    Memory.putInt(it + COUNT, 0);
    return 0;
  }
}

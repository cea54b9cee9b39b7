package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.layout.SkBuffLayout;
import dev.skep.rewrite.KernelFunction;

/** Helpers that load and store the bytes of a socket buffer, LD_ABS and LD_IND included. */
final class SkbByteHelpers {
  private static final int RECOMPUTE_CSUM = 1;
  private static final int INVALIDATE_HASH = 2;
  private static final int HDR_START_MAC = 0;
  private static final int HDR_START_NET = 1;
  private static final int MAX_OFFSET = 0xffff;

  /** SKF_NET_OFF and SKF_LL_OFF: offsets from the network and from the link header. */
  private static final int NET_OFF = -0x100000;

  private static final int LL_OFF = -0x200000;

  private SkbByteHelpers() {}

  static void define(HelperTable table) {
    table.set(9, (cpu, skb, off, from, len, flags) -> store(skb, off, from, len, flags));
    table.set(26, (cpu, skb, off, to, len, r5) -> load(skb, off, to, len));
    table.set(68, SkbByteHelpers::loadRelative);
    table.set(39, (cpu, skb, len, r3, r4, r5) -> pullData(skb, len));
    table.set(KernelFunction.SKB_PULL_DATA, (cpu, skb, len, r3, r4, r5) -> pullData(skb, len));
    absolute(table, KernelFunction.SKB_LOAD_8, KernelFunction.SKB_LOAD_8_NO_CACHE, 1);
    absolute(table, KernelFunction.SKB_LOAD_16, KernelFunction.SKB_LOAD_16_NO_CACHE, 2);
    absolute(table, KernelFunction.SKB_LOAD_32, KernelFunction.SKB_LOAD_32_NO_CACHE, 4);
  }

  /** The cached forms get data and headlen from the program; both are what the skb says. */
  private static void absolute(
      HelperTable table, KernelFunction cached, KernelFunction uncached, int size) {
    table.set(cached, (cpu, skb, data, length, off, r5) -> loadAbsolute(skb, (int) off, size));
    table.set(uncached, (cpu, skb, off, r3, r4, r5) -> loadAbsolute(skb, (int) off, size));
  }

  private static long loadAbsolute(long skb, int offset, int size) {
    long at;
    if (offset >= 0) {
      if (offset > Skb.len(skb) - size) {
        return -Errno.EFAULT;
      }
      at = Skb.data(skb) + offset;
    } else {
      if (offset >= NET_OFF) {
        at = Skb.data(skb) + Skb.networkOffset(skb) + (offset - NET_OFF);
      } else if (offset >= LL_OFF && Skb.macHeaderWasSet(skb)) {
        at = Skb.data(skb) + Skb.macOffset(skb) + (offset - LL_OFF);
      } else {
        return -Errno.EFAULT;
      }
      if (at < Skb.head(skb) || at + size > Skb.data(skb) + Skb.len(skb)) {
        return -Errno.EFAULT;
      }
    }
    return switch (size) {
      case 1 -> Memory.getByte(at) & 0xffL;
      case 2 -> Short.reverseBytes(Memory.getShort(at)) & 0xffffL;
      default -> Integer.reverseBytes(Memory.getInt(at)) & 0xffffffffL;
    };
  }

  static long store(long skb, long off, long from, long len, long flags) {
    if ((flags & ~(RECOMPUTE_CSUM | INVALIDATE_HASH)) != 0) {
      return -Errno.EINVAL;
    }
    long offset = off & 0xffffffffL;
    long length = len & 0xffffffffL;
    if (offset > Integer.MAX_VALUE || offset + length > Skb.len(skb)) {
      return -Errno.EFAULT;
    }
    long at = Skb.data(skb) + offset;
    boolean sum =
        (flags & RECOMPUTE_CSUM) != 0 && SkbBits.ipSummed(skb) == SkbBits.CHECKSUM_COMPLETE;
    int before = sum ? blockSum(at, length, offset) : 0;
    Memory.copy(from, at, length);
    if (sum) {
      int after = blockSum(at, length, offset);
      SkbBits.csum(skb, Csum.add(Csum.sub(SkbBits.csum(skb), before), after));
    }
    if ((flags & INVALIDATE_HASH) != 0) {
      SkbBits.clearHash(skb);
    }
    return 0;
  }

  /** The sum of bytes that start at an odd or even place (csum_block). */
  private static int blockSum(long at, long length, long offset) {
    int sum = Csum.partial(at, length, 0);
    return (offset & 1) != 0 ? Integer.rotateRight(sum, 8) : sum;
  }

  static long load(long skb, long off, long to, long len) {
    long offset = off & 0xffffffffL;
    long length = len & 0xffffffffL;
    if (offset > Integer.MAX_VALUE || offset + length > Skb.len(skb)) {
      Memory.fill(to, length, (byte) 0);
      return -Errno.EFAULT;
    }
    Memory.copy(Skb.data(skb) + offset, to, length);
    return 0;
  }

  private static long loadRelative(Cpu cpu, long skb, long off, long to, long len, long start) {
    long offset = off & 0xffffffffL;
    long length = len & 0xffffffffL;
    long at = -1;
    if (offset <= MAX_OFFSET) {
      if ((int) start == HDR_START_MAC && Skb.macHeaderWasSet(skb)) {
        at = Skb.data(skb) + Skb.macOffset(skb) + offset;
      } else if ((int) start == HDR_START_NET) {
        at = Skb.data(skb) + Skb.networkOffset(skb) + offset;
      }
    }
    if (at == -1 || at + length > Skb.head(skb) + Memory.getInt(skb + SkBuffLayout.TAIL)) {
      Memory.fill(to, length, (byte) 0);
      return -Errno.EFAULT;
    }
    Memory.copy(at, to, length);
    return 0;
  }

  private static long pullData(long skb, long len) {
    if ((len & 0xffffffffL) > Skb.len(skb)) {
      return -Errno.ENOMEM;
    }
    Skb.computeDataPointers(skb);
    return 0;
  }
}

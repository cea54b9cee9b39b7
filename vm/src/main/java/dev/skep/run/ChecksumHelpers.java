package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;

/** Helpers about checksums (net/core/filter.c). */
final class ChecksumHelpers {
  private static final int FIELD_MASK = 0xf;
  private static final int PSEUDO_HDR = 0x10;
  private static final int MARK_MANGLED_0 = 0x20;
  private static final int MARK_ENFORCE = 0x40;
  private static final int IPV6 = 0x80;
  private static final int MAX_OFFSET = 0xffff;
  private static final int MANGLED_0 = 0xffff;
  private static final int MAX_LEVEL = 3;

  private ChecksumHelpers() {}

  static void define(HelperTable table) {
    table.set(10, ChecksumHelpers::l3Replace);
    table.set(11, ChecksumHelpers::l4Replace);
    table.set(28, ChecksumHelpers::diff);
    table.set(40, ChecksumHelpers::update);
    table.set(135, (cpu, skb, level, r3, r4, r5) -> level(skb, level));
  }

  /** The errno of a checksum field at that offset, or 0. */
  private static int checkField(long skb, int offset) {
    return Integer.compareUnsigned(offset, MAX_OFFSET) > 0
            || (offset & 1) != 0
            || offset + 2 > Skb.len(skb)
        ? Errno.EFAULT
        : 0;
  }

  private static long l3Replace(Cpu cpu, long skb, long off, long from, long to, long flags) {
    if ((flags & ~FIELD_MASK) != 0) {
      return -Errno.EINVAL;
    }
    int errno = checkField(skb, (int) off);
    if (errno != 0) {
      return -errno;
    }
    long field = Skb.data(skb) + (int) off;
    int old = Memory.getShort(field) & 0xffff;
    int sum;
    switch ((int) flags) {
      case 0 -> {
        if (from != 0) {
          return -Errno.EINVAL;
        }
        sum = Csum.replaceByDiff(old, (int) to);
      }
      case 2 -> sum = replace2(old, (int) from & 0xffff, (int) to & 0xffff);
      case 4 -> sum = Csum.replace(old, (int) from, (int) to);
      default -> {
        return -Errno.EINVAL;
      }
    }
    Memory.putShort(field, (short) sum);
    return 0;
  }

  /** csum_replace2: in 16 bits all the way. */
  private static int replace2(int old, int from, int to) {
    return ~add16(add16(~old & 0xffff, ~from & 0xffff), to) & 0xffff;
  }

  private static int add16(int sum, int addend) {
    int result = sum + addend & 0xffff;
    return result < addend ? result + 1 : result;
  }

  private static long l4Replace(Cpu cpu, long skb, long off, long from, long to, long flags) {
    int known = FIELD_MASK | PSEUDO_HDR | MARK_MANGLED_0 | MARK_ENFORCE | IPV6;
    if ((flags & ~known) != 0) {
      return -Errno.EINVAL;
    }
    int errno = checkField(skb, (int) off);
    if (errno != 0) {
      return -errno;
    }
    long field = Skb.data(skb) + (int) off;
    int old = Memory.getShort(field) & 0xffff;
    boolean mangled = (flags & MARK_MANGLED_0) != 0;
    if (mangled && (flags & MARK_ENFORCE) == 0 && old == 0) {
      return 0;
    }
    int sum;
    switch ((int) flags & FIELD_MASK) {
      case 0 -> {
        if (from != 0) {
          return -Errno.EINVAL;
        }
        sum = replaceL4ByDiff(skb, old, (int) to, flags);
      }
      case 2 -> sum = replaceL4(skb, old, (int) from & 0xffff, (int) to & 0xffff, flags);
      case 4 -> sum = replaceL4(skb, old, (int) from, (int) to, flags);
      default -> {
        return -Errno.EINVAL;
      }
    }
    Memory.putShort(field, (short) (mangled && sum == 0 ? MANGLED_0 : sum));
    return 0;
  }

  /** inet_proto_csum_replace4. */
  private static int replaceL4(long skb, int old, int from, int to, long flags) {
    boolean pseudo = (flags & PSEUDO_HDR) != 0;
    if (SkbBits.ipSummed(skb) == SkbBits.CHECKSUM_PARTIAL) {
      return pseudo ? ~Csum.fold(Csum.add(Csum.sub(old, from), to)) & 0xffff : old;
    }
    if (pseudo && SkbBits.ipSummed(skb) == SkbBits.CHECKSUM_COMPLETE) {
      SkbBits.csum(skb, ~Csum.add(Csum.sub(~SkbBits.csum(skb), from), to));
    }
    return Csum.replace(old, from, to);
  }

  /** inet_proto_csum_replace_by_diff. */
  private static int replaceL4ByDiff(long skb, int old, int diff, long flags) {
    boolean pseudo = (flags & PSEUDO_HDR) != 0;
    if (SkbBits.ipSummed(skb) == SkbBits.CHECKSUM_PARTIAL) {
      return pseudo ? ~Csum.fold(Csum.add(diff, old)) & 0xffff : old;
    }
    if (pseudo && (flags & IPV6) == 0 && SkbBits.ipSummed(skb) == SkbBits.CHECKSUM_COMPLETE) {
      SkbBits.csum(skb, ~Csum.sub(diff, SkbBits.csum(skb)));
    }
    return Csum.replaceByDiff(old, diff);
  }

  private static long diff(Cpu cpu, long from, long fromLen, long to, long toLen, long seed) {
    long fromSize = fromLen & 0xffffffffL;
    long toSize = toLen & 0xffffffffL;
    int sum = (int) seed;
    if (fromSize > 0 && toSize > 0) {
      sum = Csum.partial(to, toSize, Csum.add(sum, ~Csum.partial(from, fromSize, 0)));
    } else if (toSize > 0) {
      sum = Csum.partial(to, toSize, sum);
    } else if (fromSize > 0) {
      sum = ~Csum.partial(from, fromSize, ~sum);
    }
    return Csum.foldSum(sum);
  }

  private static long update(Cpu cpu, long skb, long addend, long r3, long r4, long r5) {
    if (SkbBits.ipSummed(skb) != SkbBits.CHECKSUM_COMPLETE) {
      return -Errno.ENOTSUPP;
    }
    int sum = Csum.add(SkbBits.csum(skb), (int) addend);
    SkbBits.csum(skb, sum);
    return sum & 0xffffffffL;
  }

  private static long level(long skb, long what) {
    boolean unnecessary = SkbBits.ipSummed(skb) == SkbBits.CHECKSUM_UNNECESSARY;
    int level = SkbBits.csumLevel(skb);
    switch ((int) (what >>> 32 == 0 ? what : -1)) {
      case 0 -> {
        return unnecessary ? level : -Errno.EACCES;
      }
      case 1 -> {
        if (unnecessary) {
          SkbBits.csumLevel(skb, Math.min(level + 1, MAX_LEVEL));
        } else if (SkbBits.ipSummed(skb) == SkbBits.CHECKSUM_NONE) {
          SkbBits.ipSummed(skb, SkbBits.CHECKSUM_UNNECESSARY);
          SkbBits.csumLevel(skb, 0);
        }
      }
      case 2 -> {
        if (unnecessary && level == 0) {
          SkbBits.ipSummed(skb, SkbBits.CHECKSUM_NONE);
        } else if (unnecessary) {
          SkbBits.csumLevel(skb, level - 1);
        }
      }
      case 3 -> {
        if (unnecessary) {
          SkbBits.ipSummed(skb, SkbBits.CHECKSUM_NONE);
        }
      }
      default -> {
        return -Errno.EINVAL;
      }
    }
    return 0;
  }
}

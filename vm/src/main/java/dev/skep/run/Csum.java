package dev.skep.run;

import dev.skep.natives.Memory;

/** The Internet checksum's arithmetic on partial sums (include/net/checksum.h). */
final class Csum {
  private Csum() {}

  /** csum_add: one's-complement addition of 32-bit sums. */
  static int add(int sum, int addend) {
    long result = (sum & 0xffffffffL) + (addend & 0xffffffffL);
    return (int) (result + (result >>> 32));
  }

  static int sub(int sum, int subtrahend) {
    return add(sum, ~subtrahend);
  }

  /** csum_fold: the complement of the sum folded to 16 bits. */
  static int fold(int sum) {
    return ~foldSum(sum) & 0xffff;
  }

  /** csum_from32to16: the sum folded to 16 bits. */
  static int foldSum(int sum) {
    return sum + Integer.rotateLeft(sum, 16) >>> 16;
  }

  /** csum_partial: the sum of bytes, on top of a start value. */
  static int partial(long address, long length, int start) {
    long sum = start & 0xffffffffL;
    long i = 0;
    for (; i + 8 <= length; i += 8) {
      sum = addWithCarry(sum, Memory.getLong(address + i));
    }
    long tail = 0;
    for (int shift = 0; i < length; i++, shift += 8) {
      tail |= (Memory.getByte(address + i) & 0xffL) << shift;
    }
    sum = addWithCarry(sum, tail);
    return add((int) sum, (int) (sum >>> 32));
  }

  private static long addWithCarry(long sum, long addend) {
    long result = sum + addend;
    return Long.compareUnsigned(result, addend) < 0 ? result + 1 : result;
  }

  /** csum_replace4 and csum_replace2: the checksum after a field changed. */
  static int replace(int checksum, int from, int to) {
    return fold(add(sub(~checksum & 0xffff, from), to));
  }

  /** csum_replace_by_diff. */
  static int replaceByDiff(int checksum, int diff) {
    return fold(add(diff, ~checksum & 0xffff));
  }
}

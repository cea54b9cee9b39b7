package dev.skep.isa;

/**
 * One instruction slot as the 8 bytes of its little-endian wire form, held in a long.
 *
 * <pre>
 *   63           32 31        16 15   12 11    8 7      0
 *  +---------------+------------+-------+-------+--------+
 *  |      imm      |    off     |  src  |  dst  |  code  |
 *  +---------------+------------+-------+-------+--------+
 * </pre>
 *
 * The hot passes (verifier, rewrites, JIT, interpreter) work on {@code long[]} of these; RFC 9669
 * section 3.
 */
public final class InsnWord {
  private InsnWord() {}

  public static long of(int code, int dst, int src, int off, int imm) {
    return (code & 0xffL)
        | (dst & 0xfL) << 8
        | (src & 0xfL) << 12
        | (off & 0xffffL) << 16
        | (long) imm << 32;
  }

  public static int code(long word) {
    return (int) word & 0xff;
  }

  public static int dst(long word) {
    return (int) word >>> 8 & 0xf;
  }

  public static int src(long word) {
    return (int) word >>> 12 & 0xf;
  }

  public static int off(long word) {
    return (short) (word >>> 16);
  }

  public static int imm(long word) {
    return (int) (word >> 32);
  }

  public static long withCode(long word, int code) {
    return word & ~0xffL | (code & 0xffL);
  }

  public static long withDst(long word, int dst) {
    return word & ~0xf00L | (dst & 0xfL) << 8;
  }

  public static long withSrc(long word, int src) {
    return word & ~0xf000L | (src & 0xfL) << 12;
  }

  public static long withOff(long word, int off) {
    return word & ~0xffff0000L | (off & 0xffffL) << 16;
  }

  public static long withImm(long word, int imm) {
    return word & 0xffffffffL | (long) imm << 32;
  }

  /**
   * The 64-bit constant of a ld_imm64 pair: low half in the first slot, high half in the second.
   */
  public static long imm64(long first, long second) {
    return first >>> 32 | second & 0xffffffff00000000L;
  }
}

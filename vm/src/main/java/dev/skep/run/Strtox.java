package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.natives.Memory;

/** bpf_strtol and bpf_strtoul (__bpf_strtoull in kernel/bpf/helpers.c). */
final class Strtox {
  private static final int BASE_MASK = 0x1f;

  /** Characters behind blanks and sign that are looked at: a buffer of 64 with its NUL. */
  private static final int MAX_DIGITS = 63;

  private Strtox() {}

  /** The number of characters used, with the value at {@code result}; or a negative errno. */
  static long parse(long buffer, long length, long flags, long result, boolean signed) {
    Memory.putLong(result, 0);
    int base = (int) flags & BASE_MASK;
    if ((flags & ~BASE_MASK) != 0
        || base != 0 && base != 8 && base != 10 && base != 16
        || length == 0) {
      return -Errno.EINVAL;
    }
    byte[] text = new byte[(int) (length & 0xffffffffL)];
    Memory.copy(buffer, text, 0, text.length);
    int at = 0;
    while (at < text.length && isSpace(text[at])) {
      at++;
    }
    boolean negative = at < text.length && text[at] == '-';
    if (negative) {
      at++;
    }
    if (at >= text.length || negative && !signed) {
      return -Errno.EINVAL;
    }
    Digits digits = new Digits(text, at, Math.min(text.length, at + MAX_DIGITS), base);
    if (digits.count == 0) {
      return -Errno.EINVAL;
    }
    boolean tooLarge =
        digits.overflow || signed && (negative ? digits.belowMinimum() : digits.value < 0);
    if (tooLarge) {
      return -Errno.ERANGE;
    }
    Memory.putLong(result, negative ? -digits.value : digits.value);
    return digits.end;
  }

  private static boolean isSpace(byte c) {
    return c == ' ' || c >= '\t' && c <= '\r' || c == (byte) 0xa0;
  }

  /** The digits of a number: where they end, and their value. */
  private static final class Digits {
    long value;
    int count;
    int end;
    boolean overflow;

    Digits(byte[] text, int start, int limit, int given) {
      int at = start;
      int base = given;
      boolean hex = at + 1 < limit && text[at] == '0' && (text[at + 1] | 0x20) == 'x';
      if (base == 0) {
        if (hex && at + 2 < limit && digit(text[at + 2]) < 16) {
          base = 16;
        } else {
          base = text[at] == '0' ? 8 : 10;
        }
      }
      if (base == 16 && hex) {
        at += 2;
      }
      for (; at < limit && digit(text[at]) < base; at++) {
        int digit = digit(text[at]);
        long high = Math.unsignedMultiplyHigh(value, base);
        long low = value * base;
        overflow |= high != 0 || Long.compareUnsigned(low + digit, low) < 0;
        value = low + digit;
        count++;
      }
      end = at;
    }

    /** Whether the negated value does not fit in 64 bits. */
    boolean belowMinimum() {
      return Long.compareUnsigned(value, Long.MIN_VALUE) > 0;
    }

    private static int digit(byte c) {
      if (c >= '0' && c <= '9') {
        return c - '0';
      }
      int letter = c | 0x20;
      return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : 99;
    }
  }
}

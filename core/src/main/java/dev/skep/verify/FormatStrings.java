package dev.skep.verify;

import dev.skep.errors.Errno;

/**
 * Format strings of bpf_snprintf, checked as the kernel does before it runs (bpf_bprintf_prepare).
 */
final class FormatStrings {
  private final Env env;
  private final ConstantMaps constants;

  FormatStrings(Env env, ConstantMaps constants) {
    this.env = env;
    this.constants = constants;
  }

  /** check_bpf_snprintf_call: the format in r3, the size of its arguments in r5. */
  void checkSnprintf() {
    long size = Reg.value(env.regs(), Frame.reg(5));
    if (size % 8 != 0) {
      throw new Rejection(Errno.EINVAL);
    }
    if (!valid(constants.string(3), (int) (size / 8))) {
      throw env.reject(Errno.EINVAL, "Invalid format string");
    }
  }

  /** Whether so many 8-byte arguments are enough for a format; bytes from 0x80 on are text. */
  static boolean valid(byte[] format, int count) {
    int used = 0;
    for (int i = 0; i < format.length; i++) {
      int c = format[i];
      if (c == 0x7f || c >= 0 && c < 0x20 && !(c >= '\t' && c <= '\r')) {
        return false;
      }
      if (c != '%') {
        continue;
      }
      if (at(format, i + 1) == '%') {
        i++;
        continue;
      }
      if (used >= count) {
        return false;
      }
      i = specifier(format, i + 1);
      if (i < 0) {
        return false;
      }
      used++;
    }
    return true;
  }

  private static int at(byte[] format, int i) {
    return i < format.length ? format[i] : 0;
  }

  /** Index of the last character of a conversion, or -1 if it is not allowed. */
  private static int specifier(byte[] format, int start) {
    int i = start;
    while (at(format, i) == '0'
        || at(format, i) == '+'
        || at(format, i) == '-'
        || at(format, i) == ' ') {
      i++;
    }
    if (at(format, i) >= '1' && at(format, i) <= '9') {
      i++;
      while (at(format, i) >= '0' && at(format, i) <= '9') {
        i++;
      }
    }
    int c = at(format, i);
    if (c == 'p') {
      return pointer(format, i);
    }
    if (c == 's') {
      return end(format, i);
    }
    if (c == 'c') {
      return i;
    }
    if (c == 'l') {
      i++;
      if (at(format, i) == 'l') {
        i++;
      }
      c = at(format, i);
    }
    return c == 'i' || c == 'd' || c == 'u' || c == 'x' || c == 'X' ? i : -1;
  }

  private static int end(byte[] format, int i) {
    return isEnd(at(format, i + 1)) ? i : -1;
  }

  /** What may follow a pointer or string: nothing, a blank or punctuation. */
  private static boolean isEnd(int c) {
    return c == 0 || c == ' ' || c >= '\t' && c <= '\r' || c > 0x20 && c < 0x7f && !isWord(c);
  }

  private static boolean isWord(int c) {
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private static int pointer(byte[] format, int i) {
    int next = at(format, i + 1);
    int after = at(format, i + 2);
    if ((next == 'k' || next == 'u') && after == 's') {
      return end(format, i + 2);
    }
    if (isEnd(next) || next == 'K' || next == 'x' || next == 's' || next == 'S' || next == 'B') {
      return isEnd(next) ? i : i + 1;
    }
    if (next == 'i' || next == 'I') {
      return after == '4' || after == '6' ? i + 2 : -1;
    }
    return -1;
  }
}

package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The kernel's restricted printf for BPF (bpf_bprintf_prepare and lib/vsprintf.c): d i u x X with l
 * or ll, c, s, and pointers with their extensions.
 */
final class Bprintf {
  /** Reads memory that a format names by address; the address may be anything. */
  interface StringReader {
    /** The bytes up to a NUL, at most {@code limit}; empty when the address is bad. */
    byte[] read(long address, int limit, boolean user);

    /** Some bytes, or null when the address is bad. */
    byte @org.jspecify.annotations.Nullable [] bytes(long address, int count);
  }

  private static final int STRING_LIMIT = 512;

  private final byte[] format;
  private final long[] arguments;
  private final StringReader memory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private int at;
  private int used;

  private Bprintf(byte[] format, long[] arguments, StringReader memory) {
    this.format = format;
    this.arguments = arguments;
    this.memory = memory;
  }

  /**
   * Formats.
   *
   * @param format without its NUL
   * @return the text
   * @throws BadFormat with EINVAL
   */
  static byte[] format(byte[] format, long[] arguments, StringReader memory) throws BadFormat {
    return new Bprintf(format, arguments, memory).run();
  }

  /** The format is not allowed, or takes more arguments than there are. */
  static final class BadFormat extends Exception {
    private static final long serialVersionUID = 1L;

    int errno() {
      return Errno.EINVAL;
    }
  }

  private int peek() {
    return at < format.length ? format[at] & 0xff : 0;
  }

  private byte[] run() throws BadFormat {
    while (at < format.length) {
      int c = format[at++] & 0xff;
      if (c == 0x7f || c < 0x20 && !(c >= '\t' && c <= '\r')) {
        throw new BadFormat();
      }
      if (c != '%') {
        out.write(c);
      } else if (peek() == '%') {
        at++;
        out.write('%');
      } else {
        conversion();
      }
    }
    return out.toByteArray();
  }

  private long argument() throws BadFormat {
    if (used >= arguments.length) {
      throw new BadFormat();
    }
    return arguments[used++];
  }

  private void conversion() throws BadFormat {
    Flags flags = new Flags();
    while (flags.take(peek())) {
      at++;
    }
    if (peek() >= '1' && peek() <= '9') {
      while (peek() >= '0' && peek() <= '9') {
        flags.width = Math.min(flags.width * 10 + (peek() - '0'), 1 << 15);
        at++;
      }
    }
    switch (peek()) {
      case 'p' -> {
        at++;
        pointer(flags);
        // vsnprintf takes all that follows for part of the extension.
        while (isWord(peek())) {
          at++;
        }
      }
      case 's' -> {
        at++;
        checkEnd();
        text(memory.read(argument(), STRING_LIMIT, false), flags);
      }
      case 'c' -> {
        at++;
        checkEnd();
        text(new byte[] {(byte) argument()}, flags);
      }
      default -> integer(flags);
    }
  }

  private void integer(Flags flags) throws BadFormat {
    boolean wide = false;
    if (peek() == 'l') {
      at++;
      wide = true;
      if (peek() == 'l') {
        at++;
      }
    }
    int kind = peek();
    at++;
    long value = argument();
    switch (kind) {
      case 'd', 'i' -> {
        long signed = wide ? value : (int) value;
        String digits = Long.toUnsignedString(signed < 0 ? -signed : signed);
        number(digits, signed < 0 ? "-" : flags.plus ? "+" : flags.space ? " " : "", flags);
      }
      case 'u' -> number(Long.toUnsignedString(wide ? value : value & 0xffffffffL), "", flags);
      case 'x' -> number(Long.toHexString(wide ? value : value & 0xffffffffL), "", flags);
      case 'X' ->
          number(
              Long.toHexString(wide ? value : value & 0xffffffffL)
                  .toUpperCase(java.util.Locale.ROOT),
              "",
              flags);
      default -> throw new BadFormat();
    }
  }

  private void number(String digits, String sign, Flags flags) {
    int missing = flags.width - digits.length() - sign.length();
    if (!flags.left && !flags.zero) {
      pad(' ', missing);
    }
    ascii(sign);
    if (!flags.left && flags.zero) {
      pad('0', missing);
    }
    ascii(digits);
    if (flags.left) {
      pad(' ', missing);
    }
  }

  private void text(byte[] bytes, Flags flags) {
    int missing = flags.width - bytes.length;
    if (!flags.left) {
      pad(' ', missing);
    }
    out.write(bytes, 0, bytes.length);
    if (flags.left) {
      pad(' ', missing);
    }
  }

  private void ascii(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    out.write(bytes, 0, bytes.length);
  }

  private void pad(char with, int count) {
    for (int i = 0; i < count; i++) {
      out.write(with);
    }
  }

  /** Strings and plain pointers end where no letter or digit follows. */
  private void checkEnd() throws BadFormat {
    if (!isEnd(peek())) {
      throw new BadFormat();
    }
  }

  private static boolean isEnd(int c) {
    return c == 0 || c == ' ' || c >= '\t' && c <= '\r' || c > ' ' && c < 0x7f && !isWord(c);
  }

  private static boolean isWord(int c) {
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private void pointer(Flags flags) throws BadFormat {
    int extension = peek();
    int after = at + 1 < format.length ? format[at + 1] & 0xff : 0;
    if ((extension == 'k' || extension == 'u') && after == 's') {
      at += 2;
      checkEnd();
      text(memory.read(argument(), STRING_LIMIT, extension == 'u'), flags);
    } else if (isEnd(extension)) {
      hashed(argument(), flags);
    } else {
      at++;
      switch (extension) {
        case 'x' -> {
          flags.zero = true;
          flags.width = flags.width == 0 ? 16 : flags.width;
          number(Long.toHexString(argument()), "", flags);
        }
        case 'K' -> {
          argument();
          flags.zero = true;
          flags.width = 16;
          number("0", "", flags);
        }
        case 's', 'S', 'B' -> text(symbol(argument()), flags);
        case 'i', 'I' -> {
          at++;
          address(argument(), extension == 'i', after, flags);
        }
        default -> throw new BadFormat();
      }
    }
  }

  /** There are no symbols here: what the kernel prints for an address without one. */
  private static byte[] symbol(long address) {
    return ("0x" + Long.toHexString(address)).getBytes(StandardCharsets.US_ASCII);
  }

  /** An address as an opaque number, the same for the same address. */
  private void hashed(long address, Flags flags) {
    long mixed = address * 0x9e3779b97f4a7c15L;
    flags.zero = true;
    flags.width = 16;
    number(Long.toHexString(mixed >>> 32), "", flags);
  }

  private void address(long from, boolean raw, int version, Flags flags) throws BadFormat {
    if (version != '4' && version != '6') {
      throw new BadFormat();
    }
    byte[] bytes = memory.bytes(from, version == '4' ? 4 : 16);
    if (bytes == null) {
      return;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < bytes.length; i++) {
      int b = bytes[i] & 0xff;
      if (version == '4') {
        text.append(i == 0 ? "" : ".");
        text.append(raw ? String.format("%03d", b) : Integer.toString(b));
      } else {
        text.append(!raw && i > 0 && i % 2 == 0 ? ":" : "").append(String.format("%02x", b));
      }
    }
    text(text.toString().getBytes(StandardCharsets.US_ASCII), flags);
  }

  /** Flags and width of one conversion. */
  private static final class Flags {
    boolean left;
    boolean zero;
    boolean plus;
    boolean space;
    int width;

    boolean take(int c) {
      switch (c) {
        case '-' -> left = true;
        case '0' -> zero = true;
        case '+' -> plus = true;
        case ' ' -> space = true;
        default -> {
          return false;
        }
      }
      return true;
    }
  }

  /** The bytes of a C string in memory that the verifier has checked. */
  static byte[] constant(long address) {
    int length = 0;
    while (Memory.getByte(address + length) != 0) {
      length++;
    }
    byte[] bytes = new byte[length];
    Memory.copy(address, bytes, 0, length);
    return bytes;
  }
}

package dev.skep.cli;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.MalformedException;
import java.nio.charset.StandardCharsets;

/**
 * Bytes seen through a BTF type, written as bpftool writes them: bit fields are hexadecimal, an
 * array of printable bytes with a zero behind them is a string, a section is an array with an
 * object for each variable. Floating point numbers, which bpftool refuses, are numbers.
 */
final class BtfDump {
  private static final int MAX_DEPTH = 64;
  private static final int SIGNED = 1;
  private static final int CHAR = 2;
  private static final int BOOL = 4;

  private final Btf btf;
  private final byte[] bytes;
  private final boolean forPeople;
  private final DumpJson out;

  /**
   * @param forPeople as bpftool prints without -j: addresses and bit fields are no strings
   */
  BtfDump(Btf btf, byte[] bytes, boolean forPeople, DumpJson out) {
    this.btf = btf;
    this.bytes = bytes;
    this.forPeople = forPeople;
    this.out = out;
  }

  /** Writes the value of that type at the bytes' begin. */
  void write(int type) {
    write(type, 0, 0);
  }

  private void write(int type, int offset, int depth) {
    int id = btf.skip(type, true);
    int kind = btf.kind(id);
    if (depth > MAX_DEPTH) {
      throw new MalformedException("type #" + id + ": nested too deeply");
    }
    switch (kind) {
      case BtfKind.INT -> integer(id, offset);
      case BtfKind.FLOAT -> floating(id, offset);
      case BtfKind.ENUM, BtfKind.ENUM64 -> enumerator(id, offset);
      case BtfKind.PTR -> pointer(number(offset, 8));
      case BtfKind.ARRAY -> array(id, offset, depth);
      case BtfKind.STRUCT, BtfKind.UNION -> members(id, offset, depth);
      case BtfKind.DATASEC -> section(id, offset, depth);
      case BtfKind.VAR -> {
        out.startObject();
        out.name(btf.name(id));
        write(btf.target(id), offset, depth + 1);
        out.endObject();
      }
      default ->
          throw new MalformedException("type #" + id + ": no values of kind " + BtfKind.name(kind));
    }
  }

  private int at(int offset) {
    return offset >= 0 && offset < bytes.length ? bytes[offset] & 0xff : 0;
  }

  private long number(int offset, int size) {
    long value = 0;
    for (int i = Math.min(size, 8) - 1; i >= 0; i--) {
      value = value << 8 | at(offset + i);
    }
    return value;
  }

  private static long signed(long value, int bits) {
    return value << (64 - bits) >> (64 - bits);
  }

  private void integer(int id, int offset) {
    int size = btf.size(id);
    int bits = size * 8;
    int encoding = btf.intEncoding(id);
    if (size > 8) {
      long high = number(offset + 8, 8);
      long low = number(offset, 8);
      hex(high == 0 ? String.format("0x%x", low) : String.format("0x%x%016x", high, low));
    } else if (btf.intBits(id) != bits) {
      bitField(offset, btf.intBitOffset(id), btf.intBits(id));
    } else if (encoding == BOOL) {
      out.word(number(offset, size) != 0 ? "true" : "false");
    } else if (encoding == CHAR) {
      character(at(offset));
    } else {
      long value = number(offset, size);
      out.word(
          encoding == SIGNED ? Long.toString(signed(value, bits)) : Long.toUnsignedString(value));
    }
  }

  private void character(int c) {
    if (printable(c)) {
      out.string(String.valueOf((char) c));
    } else if (forPeople) {
      out.word(String.format("0x%x", c));
    } else {
      out.string(String.valueOf((char) c));
    }
  }

  private static boolean printable(int c) {
    return c >= ' ' && c <= '~';
  }

  /** A number in hexadecimal, which JSON does not have. */
  private void hex(String text) {
    if (forPeople) {
      out.word(text);
    } else {
      out.string(text);
    }
  }

  private void bitField(int offset, int bits, int width) {
    int from = offset + bits / 8;
    int shift = bits % 8;
    long word = number(from, 8) >>> shift;
    if (shift != 0) {
      word |= (long) at(from + 8) << (64 - shift);
    }
    hex(String.format("0x%x", width >= 64 ? word : word & (1L << width) - 1));
  }

  private void floating(int id, int offset) {
    double value =
        switch (btf.size(id)) {
          case 4 -> Float.intBitsToFloat((int) number(offset, 4));
          case 8 -> Double.longBitsToDouble(number(offset, 8));
          default -> throw new MalformedException("type #" + id + ": a float of that size");
        };
    if (Double.isFinite(value)) {
      out.word(Double.toString(value));
    } else {
      out.string(Double.toString(value));
    }
  }

  private void enumerator(int id, int offset) {
    int size = btf.size(id);
    long value = number(offset, size);
    long signed = signed(value, Math.clamp(size * 8L, 8, 64));
    for (int i = 0; i < btf.vlen(id); i++) {
      long constant = btf.enumValue(id, i);
      if (constant == value || constant == signed) {
        out.string(btf.string(btf.enumNameOffset(id, i)));
        return;
      }
    }
    boolean unsigned = btf.kind(id) == BtfKind.ENUM64 && !btf.kindFlag(id);
    out.word(unsigned ? Long.toUnsignedString(value) : Long.toString(signed));
  }

  private void pointer(long value) {
    if (forPeople) {
      out.word(value == 0 ? "(nil)" : String.format("0x%x", value));
    } else {
      out.word(Long.toUnsignedString(value));
    }
  }

  private void array(int id, int offset, int depth) {
    int element = btf.skip(btf.arrayElement(id), true);
    int length = btf.arrayLength(id);
    // At least 1, so that elements without size end where the bytes do.
    long size = Math.max(1, btf.sizeOf(element));
    if (btf.kind(element) == BtfKind.INT && size == 1) {
      int end = stringEnd(offset, length);
      if (end >= 0) {
        int from = Math.min(offset, end);
        out.string(new String(bytes, from, end - from, StandardCharsets.ISO_8859_1));
        return;
      }
    }
    out.startArray();
    for (int i = 0; i < length && offset + i * size < bytes.length; i++) {
      write(element, (int) (offset + i * size), depth + 1);
    }
    out.endArray();
  }

  /** Where the zero behind printable bytes is; -1 if the array is no string. */
  private int stringEnd(int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (at(i) == 0) {
        return Math.min(i, bytes.length);
      }
      if (!printable(at(i))) {
        return -1;
      }
    }
    return -1;
  }

  private void members(int id, int offset, int depth) {
    out.startObject();
    for (int i = 0; i < btf.vlen(id); i++) {
      out.name(btf.string(btf.memberNameOffset(id, i)));
      int width = btf.memberBitSize(id, i);
      int bits = btf.memberBitOffset(id, i);
      if (width == 0) {
        write(btf.memberType(id, i), offset + bits / 8, depth + 1);
      } else {
        bitField(offset, bits, width);
      }
    }
    out.endObject();
  }

  private void section(int id, int offset, int depth) {
    out.startObject();
    out.name(btf.name(id));
    out.startArray();
    for (int i = 0; i < btf.vlen(id); i++) {
      write(btf.sectionVarType(id, i), offset + btf.sectionVarOffset(id, i), depth + 1);
    }
    out.endArray();
    out.endObject();
  }
}

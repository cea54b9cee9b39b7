package dev.skep.cli;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bytes seen through a BTF type, as Long, String, List and Map: what a person or a JSON reader
 * wants of a map's value. 64-bit unsigned integers are held as {@link UnsignedLong}.
 */
final class BtfValue {
  private static final int MAX_DEPTH = 16;
  private static final int MAX_ELEMENTS = 4096;
  private static final int ENCODING_SIGNED = 1;
  private static final int ENCODING_CHAR = 2;
  private static final int ENCODING_BOOL = 4;

  /** A 64-bit number without sign. */
  record UnsignedLong(long bits) {
    @Override
    public String toString() {
      return Long.toUnsignedString(bits);
    }
  }

  private final Btf btf;
  private final byte[] bytes;

  private BtfValue(Btf btf, byte[] bytes) {
    this.btf = btf;
    this.bytes = bytes;
  }

  /** The value of a type at an offset; bytes that are not there read as hex of what is. */
  static Object of(Btf btf, int typeId, byte[] bytes, int offset) {
    return new BtfValue(btf, bytes).at(typeId, offset, 0);
  }

  private Object at(int typeId, int offset, int depth) {
    int id = btf.skip(typeId, true);
    if (depth > MAX_DEPTH) {
      return "..";
    }
    return switch (btf.kind(id)) {
      case BtfKind.INT -> integer(id, offset, btf.size(id));
      case BtfKind.ENUM, BtfKind.ENUM64 -> enumerator(id, offset);
      case BtfKind.PTR -> new UnsignedLong(number(offset, 8));
      case BtfKind.ARRAY -> array(id, offset, depth);
      case BtfKind.STRUCT, BtfKind.UNION -> members(id, offset, depth);
      case BtfKind.DATASEC -> section(id, offset, depth);
      case BtfKind.VAR -> at(btf.target(id), offset, depth + 1);
      default -> hex(offset, bytes.length - offset);
    };
  }

  private long number(int offset, int size) {
    long value = 0;
    for (int i = Math.min(size, 8) - 1; i >= 0; i--) {
      int at = offset + i;
      value = value << 8 | (at >= 0 && at < bytes.length ? bytes[at] & 0xff : 0);
    }
    return value;
  }

  private Object integer(int id, int offset, int size) {
    if (size > 8) {
      return hex(offset, size);
    }
    return scalar(number(offset, size), size * 8, btf.intEncoding(id));
  }

  private static Object scalar(long value, int bits, int encoding) {
    if ((encoding & ENCODING_BOOL) != 0) {
      return value != 0;
    }
    if ((encoding & ENCODING_SIGNED) != 0) {
      return value << (64 - bits) >> (64 - bits);
    }
    return bits == 64 && value < 0 ? new UnsignedLong(value) : (Object) value;
  }

  private Object enumerator(int id, int offset) {
    int size = btf.size(id);
    long value = number(offset, size);
    long signed = size >= 8 ? value : value << (64 - size * 8) >> (64 - size * 8);
    for (int i = 0; i < btf.vlen(id); i++) {
      long constant = btf.enumValue(id, i);
      if (constant == value || constant == signed) {
        return btf.string(btf.enumNameOffset(id, i));
      }
    }
    return value;
  }

  private Object array(int id, int offset, int depth) {
    int element = btf.skip(btf.arrayElement(id), true);
    int length = Math.min(btf.arrayLength(id), MAX_ELEMENTS);
    int size = (int) Math.max(0, Math.min(btf.sizeOf(element), 1 << 20));
    if (btf.kind(element) == BtfKind.INT
        && size == 1
        && (btf.intEncoding(element) & ENCODING_CHAR) != 0) {
      return text(offset, length);
    }
    if (btf.kind(element) == BtfKind.INT && size == 1 && isText(offset, length)) {
      return text(offset, length);
    }
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      values.add(at(element, offset + i * size, depth + 1));
    }
    return values;
  }

  private boolean isText(int offset, int length) {
    int end = 0;
    while (end < length && offset + end < bytes.length && bytes[offset + end] != 0) {
      byte b = bytes[offset + end++];
      if (b < ' ' || b > '~') {
        return false;
      }
    }
    return end > 0;
  }

  private String text(int offset, int length) {
    int end = offset;
    while (end < offset + length && end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, offset, Math.max(0, end - offset), StandardCharsets.UTF_8);
  }

  private Map<String, Object> members(int id, int offset, int depth) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < btf.vlen(id); i++) {
      int bits = btf.memberBitOffset(id, i);
      int width = btf.memberBitSize(id, i);
      int type = btf.memberType(id, i);
      String name = btf.string(btf.memberNameOffset(id, i));
      Object value =
          width == 0 ? at(type, offset + bits / 8, depth + 1) : bitField(type, offset, bits, width);
      if (name.isEmpty() && value instanceof Map<?, ?> anonymous) {
        anonymous.forEach((k, v) -> values.put((String) k, v));
      } else {
        values.put(name.isEmpty() ? "(anon)" : name, value);
      }
    }
    return values;
  }

  private Object bitField(int type, int offset, int bits, int width) {
    int id = btf.skip(type, true);
    long word = number(offset + bits / 8, 8) >>> (bits % 8);
    long value = width >= 64 ? word : word & (1L << width) - 1;
    int encoding = btf.kind(id) == BtfKind.INT ? btf.intEncoding(id) : 0;
    return scalar(value, width, encoding);
  }

  private Map<String, Object> section(int id, int offset, int depth) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < btf.vlen(id); i++) {
      int variable = btf.sectionVarType(id, i);
      values.put(btf.name(variable), at(variable, offset + btf.sectionVarOffset(id, i), depth + 1));
    }
    return values;
  }

  private String hex(int offset, int size) {
    int from = Math.clamp(offset, 0, bytes.length);
    int to = Math.clamp((long) from + size, from, bytes.length);
    return HexFormat.ofDelimiter(" ").formatHex(bytes, from, to);
  }

  /**
   * Adds up two values of the same type member by member: integers as numbers, everything else
   * keeps the first.
   *
   * @param a null for the first
   */
  static Object sum(@Nullable Object a, Object b) {
    return switch (b) {
      case Long right when a instanceof Long left -> unsigned(left + right, left, right);
      case UnsignedLong right when a instanceof Long left -> new UnsignedLong(left + right.bits);
      case Long right when a instanceof UnsignedLong left -> new UnsignedLong(left.bits + right);
      case UnsignedLong right when a instanceof UnsignedLong left ->
          new UnsignedLong(left.bits + right.bits);
      case Map<?, ?> right when a instanceof Map<?, ?> left -> {
        Map<String, Object> total = new LinkedHashMap<>();
        right.forEach((k, v) -> total.put((String) k, sum(left.get(k), v)));
        yield total;
      }
      case List<?> right when a instanceof List<?> left -> {
        List<Object> total = new ArrayList<>();
        for (int i = 0; i < right.size(); i++) {
          total.add(sum(left.get(i), right.get(i)));
        }
        yield total;
      }
      default -> a == null ? b : a;
    };
  }

  private static Object unsigned(long total, long a, long b) {
    return a >= 0 && b >= 0 && total < 0 ? new UnsignedLong(total) : (Object) total;
  }

  /** One line of text: {@code {packets=3, bytes=180}}. */
  static String text(Object value) {
    return switch (value) {
      case Map<?, ?> map -> {
        StringBuilder out = new StringBuilder("{");
        map.forEach((k, v) ->
            out.append(out.length() == 1 ? "" : ", ").append(k).append('=').append(text(v)));
        yield out.append('}').toString();
      }
      case List<?> list -> {
        StringBuilder out = new StringBuilder("[");
        list.forEach(v -> out.append(out.length() == 1 ? "" : ", ").append(text(v)));
        yield out.append(']').toString();
      }
      case String string -> '"' + string + '"';
      default -> value.toString();
    };
  }
}

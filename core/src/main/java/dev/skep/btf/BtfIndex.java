package dev.skep.btf;

import dev.skep.errors.MalformedException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The one pass over a blob that checks it and notes where each type starts. */
final class BtfIndex {
  private static final VarHandle LE =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  final byte[] bytes;
  final @Nullable Btf base;
  final int firstId;
  final int firstString;
  boolean bigEndian;
  int strings;
  int stringBytes;
  int[] offsets = new int[0];

  /** Kind of each type: what look-ups ask most. */
  byte[] kinds = new byte[0];

  int count;

  private int stringEnd;
  private int largestId;
  private int largestIdAt;

  BtfIndex(byte[] bytes, @Nullable Btf base) {
    this.bytes = bytes;
    this.base = base;
    this.firstId = base == null ? 1 : base.typeCount();
    this.firstString = base == null ? 0 : base.stringEnd();
  }

  BtfIndex build() {
    if (bytes.length < Btf.HEADER_BYTES) {
      throw bad(0, bytes.length + " bytes, shorter than its header");
    }
    int magic = bytes[0] & 0xff | (bytes[1] & 0xff) << 8;
    bigEndian = magic == 0x9feb;
    if (magic != Btf.MAGIC && !bigEndian) {
      throw bad(0, "bad magic 0x" + Integer.toHexString(magic));
    }
    long header = unsigned(4);
    long types = header + unsigned(8);
    long typeBytes = unsigned(12);
    long stringStart = header + unsigned(16);
    long stringLength = unsigned(20);
    if (header < Btf.HEADER_BYTES || header > bytes.length) {
      throw bad(4, "header length " + header);
    }
    if ((types - header) % 4 != 0 || types + typeBytes > bytes.length) {
      throw bad(8, "type section of " + typeBytes + " bytes at " + types + " outside of the blob");
    }
    if (types + typeBytes > stringStart || stringStart + stringLength > bytes.length) {
      throw bad(
          16,
          "string section of "
              + stringLength
              + " bytes at "
              + stringStart
              + " overlaps or ends"
              + " outside of the blob");
    }
    strings = (int) stringStart;
    stringBytes = (int) stringLength;
    checkStrings();
    indexTypes((int) types, (int) (types + typeBytes));
    return this;
  }

  private void checkStrings() {
    if (stringBytes == 0 && base != null) {
      stringEnd = firstString;
      return;
    }
    if (stringBytes == 0 || bytes[strings + stringBytes - 1] != 0) {
      throw bad(strings, "string section without its final NUL");
    }
    if (base == null && bytes[strings] != 0) {
      throw bad(strings, "string section does not start with the empty string");
    }
    if ((long) firstString + stringBytes > Integer.MAX_VALUE) {
      throw bad(strings, "strings beyond 2 GiB");
    }
    stringEnd = firstString + stringBytes;
  }

  private void indexTypes(int start, int end) {
    int[] found = new int[Math.max(16, (end - start) / 24)];
    byte[] kindOf = new byte[found.length];
    int n = 0;
    int at = start;
    while (at < end) {
      if (end - at < 12) {
        throw bad(at, "types data is malformed: " + (end - at) + " bytes after the last type");
      }
      int info = word(at + 4);
      int kind = info >>> 24 & 0x1f;
      int extra = BtfKind.extraBytes(kind, info & 0xffff);
      if (extra < 0) {
        throw bad(at, "type [" + (firstId + n) + "]: unsupported kind " + kind);
      }
      if (extra > end - at - 12) {
        throw bad(at, "type [" + (firstId + n) + "]: record ends outside of the type section");
      }
      if (n == found.length) {
        found = Arrays.copyOf(found, n + (n >> 1));
        kindOf = Arrays.copyOf(kindOf, found.length);
      }
      kindOf[n] = (byte) kind;
      found[n++] = at;
      checkRecord(at, kind, info & 0xffff);
      at += 12 + extra;
    }
    offsets = Arrays.copyOf(found, n);
    kinds = Arrays.copyOf(kindOf, n);
    count = n;
    if (largestId >= firstId + n) {
      throw bad(largestIdAt, "invalid referenced type ID " + Integer.toUnsignedString(largestId));
    }
    checkFunctions();
  }

  /** A FUNC must refer to a FUNC_PROTO (btf_validate_type). */
  private void checkFunctions() {
    for (int i = 0; i < count; i++) {
      if (kinds[i] != BtfKind.FUNC) {
        continue;
      }
      int proto = word(offsets[i] + 8);
      int kind = proto == 0 ? 0 : kindOf(proto);
      if (kind != BtfKind.FUNC_PROTO) {
        throw bad(
            offsets[i],
            "type [" + (firstId + i) + "]: FUNC type [" + proto + "] is not FUNC_PROTO");
      }
    }
  }

  private int kindOf(int id) {
    return id < firstId && base != null ? base.kind(id) : kinds[id - firstId];
  }

  private void checkRecord(int at, int kind, int vlen) {
    name(at);
    switch (kind) {
      case BtfKind.PTR,
          BtfKind.TYPEDEF,
          BtfKind.VOLATILE,
          BtfKind.CONST,
          BtfKind.RESTRICT,
          BtfKind.FUNC,
          BtfKind.VAR,
          BtfKind.DECL_TAG,
          BtfKind.TYPE_TAG ->
          reference(at + 8);
      case BtfKind.ARRAY -> {
        reference(at + 12);
        reference(at + 16);
      }
      case BtfKind.STRUCT, BtfKind.UNION -> {
        for (int i = 0, p = at + 12; i < vlen; i++, p += 12) {
          name(p);
          reference(p + 4);
        }
      }
      case BtfKind.FUNC_PROTO -> {
        reference(at + 8);
        for (int i = 0, p = at + 12; i < vlen; i++, p += 8) {
          name(p);
          reference(p + 4);
        }
      }
      case BtfKind.ENUM, BtfKind.ENUM64 -> {
        int step = kind == BtfKind.ENUM ? 8 : 12;
        for (int i = 0, p = at + 12; i < vlen; i++, p += step) {
          name(p);
        }
      }
      case BtfKind.DATASEC -> {
        for (int i = 0, p = at + 12; i < vlen; i++, p += 12) {
          reference(p);
        }
      }
      default -> {}
    }
  }

  private void name(int at) {
    if (Integer.compareUnsigned(word(at), stringEnd) >= 0) {
      throw bad(at, "invalid name offset " + Integer.toUnsignedString(word(at)));
    }
  }

  private void reference(int at) {
    int id = word(at);
    if (id < 0) {
      throw bad(at, "invalid referenced type ID " + Integer.toUnsignedString(id));
    }
    if (id > largestId) {
      largestId = id;
      largestIdAt = at;
    }
  }

  private int word(int at) {
    int value = (int) LE.get(bytes, at);
    return bigEndian ? Integer.reverseBytes(value) : value;
  }

  private long unsigned(int at) {
    return word(at) & 0xffffffffL;
  }

  private static MalformedException bad(int at, String what) {
    return new MalformedException("btf at 0x" + Integer.toHexString(at) + ": " + what);
  }
}

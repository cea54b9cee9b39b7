package dev.skep.btf;

import dev.skep.errors.MalformedException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A BTF blob: checked once when it is parsed, decoded only where it is asked.
 *
 * <p>The accessors that take a type id and return an int read the bytes in place and allocate
 * nothing; they expect a type of the kind that they name. {@link #type} decodes a whole record.
 * Parsing holds all names, ids and sizes of records inside the blob, as libbpf's btf_sanity_check
 * does; it does not refuse cycles of types, so walks are bounded here ({@link #skip}, {@link
 * #sizeOf}) and must be bounded elsewhere.
 *
 * <p>A split BTF continues the ids and string offsets of its base.
 */
public final class Btf {
  static final int MAGIC = 0xeb9f;
  static final int HEADER_BYTES = 24;

  /** How many steps a walk through modifiers, typedefs and arrays takes before it gives up. */
  public static final int MAX_RESOLVE_DEPTH = 32;

  private static final int MANY_TYPES = 10_000;
  private static final int MAX_SCANS = 16;

  private static final VarHandle LE =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] bytes;
  private final boolean bigEndian;
  private final @Nullable Btf base;
  private final int firstId;
  private final int firstString;
  private final int strings;
  private final int stringBytes;
  private final int[] offsets;
  private final byte[] kinds;
  private final int count;
  private @Nullable BtfNames names;

  /** Look-ups so far that went through all types. */
  private int scans;

  private Btf(BtfIndex index) {
    bytes = index.bytes;
    bigEndian = index.bigEndian;
    base = index.base;
    firstId = index.firstId;
    firstString = index.firstString;
    strings = index.strings;
    stringBytes = index.stringBytes;
    offsets = index.offsets;
    kinds = index.kinds;
    count = index.count;
  }

  /**
   * Reads a blob of either byte order; the array is kept and must not change.
   *
   * @throws MalformedException naming the offset of what breaks the format
   */
  public static Btf parse(byte[] bytes) {
    return new Btf(new BtfIndex(bytes, null).build());
  }

  /** Reads a split blob whose ids and strings continue those of {@code base}. */
  public static Btf parse(byte[] bytes, Btf base) {
    return new Btf(new BtfIndex(bytes, base).build());
  }

  /** The blob itself, header included; not to be changed. */
  public byte[] bytes() {
    return bytes;
  }

  public boolean isBigEndian() {
    return bigEndian;
  }

  public @Nullable Btf base() {
    return base;
  }

  /** One more than the largest type id; id 0 is void. */
  public int typeCount() {
    return firstId + count;
  }

  /** The first id that is not the base's: 1 without a base. */
  public int firstId() {
    return firstId;
  }

  /** One more than the largest string offset. */
  public int stringEnd() {
    return firstString + stringBytes;
  }

  /** Whether the id names a type of this blob or its base; 0 does. */
  public boolean hasType(int id) {
    return id >= 0 && id < typeCount();
  }

  private int word(int id, int offset) {
    if (id < firstId && base != null) {
      return base.word(id, offset);
    }
    int value = (int) LE.get(bytes, offsets[id - firstId] + offset);
    return bigEndian ? Integer.reverseBytes(value) : value;
  }

  private int info(int id) {
    return id == 0 ? 0 : word(id, 4);
  }

  /** One of {@link BtfKind}; VOID for id 0. */
  public int kind(int id) {
    if (id < firstId) {
      return id == 0 || base == null ? BtfKind.VOID : base.kind(id);
    }
    return kinds[id - firstId];
  }

  /** The number of members, values, parameters or variables; the linkage of a FUNC. */
  public int vlen(int id) {
    return info(id) & 0xffff;
  }

  public boolean kindFlag(int id) {
    return info(id) < 0;
  }

  /** Offset of the name, 0 where there is none. */
  public int nameOffset(int id) {
    return id == 0 ? 0 : word(id, 0);
  }

  public String name(int id) {
    return string(nameOffset(id));
  }

  /** Size in bytes of an INT, STRUCT, UNION, ENUM, ENUM64, FLOAT or DATASEC. */
  public int size(int id) {
    return word(id, 8);
  }

  /** The type that a PTR, TYPEDEF, modifier, FUNC, FUNC_PROTO, VAR, DECL_TAG refers to. */
  public int target(int id) {
    return word(id, 8);
  }

  /** The encoding of an INT: 1 signed, 2 char, 4 bool. */
  public int intEncoding(int id) {
    return word(id, 12) >>> 24 & 0xf;
  }

  public int intBitOffset(int id) {
    return word(id, 12) >>> 16 & 0xff;
  }

  public int intBits(int id) {
    return word(id, 12) & 0xff;
  }

  public int arrayElement(int id) {
    return word(id, 12);
  }

  public int arrayIndex(int id) {
    return word(id, 16);
  }

  /** Number of elements, unsigned. */
  public int arrayLength(int id) {
    return word(id, 20);
  }

  public int memberNameOffset(int id, int member) {
    return word(id, 12 + 12 * member);
  }

  public int memberType(int id, int member) {
    return word(id, 16 + 12 * member);
  }

  /** Offset of a member in bits. */
  public int memberBitOffset(int id, int member) {
    int offset = word(id, 20 + 12 * member);
    return kindFlag(id) ? offset & 0xffffff : offset;
  }

  /** Width of a bitfield member, 0 for an ordinary one. */
  public int memberBitSize(int id, int member) {
    return kindFlag(id) ? word(id, 20 + 12 * member) >>> 24 : 0;
  }

  /** Offset of the name of an enumerator (ENUM or ENUM64). */
  public int enumNameOffset(int id, int index) {
    return word(id, 12 + (kind(id) == BtfKind.ENUM64 ? 12 : 8) * index);
  }

  /** Value of an enumerator; that of an unsigned ENUM is zero-extended. */
  public long enumValue(int id, int index) {
    if (kind(id) == BtfKind.ENUM64) {
      long low = word(id, 16 + 12 * index) & 0xffffffffL;
      return low | (long) word(id, 20 + 12 * index) << 32;
    }
    int value = word(id, 16 + 8 * index);
    return kindFlag(id) ? value : value & 0xffffffffL;
  }

  public int paramNameOffset(int id, int param) {
    return word(id, 12 + 8 * param);
  }

  public int paramType(int id, int param) {
    return word(id, 16 + 8 * param);
  }

  /** Linkage of a VAR: 0 static, 1 global, 2 extern. */
  public int varLinkage(int id) {
    return word(id, 12);
  }

  public int sectionVarType(int id, int index) {
    return word(id, 12 + 12 * index);
  }

  public int sectionVarOffset(int id, int index) {
    return word(id, 16 + 12 * index);
  }

  public int sectionVarSize(int id, int index) {
    return word(id, 20 + 12 * index);
  }

  /** Component of a DECL_TAG, -1 for the whole declaration. */
  public int tagComponent(int id) {
    return word(id, 12);
  }

  /**
   * The string at an offset.
   *
   * @throws MalformedException if it is outside of the string section
   */
  public String string(int offset) {
    if (offset < firstString && offset >= 0 && base != null) {
      return base.string(offset);
    }
    int start = stringStart(offset);
    int end = start;
    while (bytes[end] != 0) {
      end++;
    }
    return new String(bytes, start, end - start, StandardCharsets.UTF_8);
  }

  /** A copy of this blob's own string section. */
  byte[] stringSection() {
    return Arrays.copyOfRange(bytes, strings, strings + stringBytes);
  }

  /** Whether the string at an offset has exactly these bytes. */
  boolean stringIs(int offset, byte[] text) {
    if (offset < firstString && offset >= 0 && base != null) {
      return base.stringIs(offset, text);
    }
    int start = stringStart(offset);
    int end = start + text.length;
    return end < strings + stringBytes
        && bytes[end] == 0
        && Arrays.equals(bytes, start, end, text, 0, text.length);
  }

  /** Whether the string at an offset begins with these bytes. */
  boolean stringStartsWith(int offset, byte[] text) {
    if (offset < firstString && offset >= 0 && base != null) {
      return base.stringStartsWith(offset, text);
    }
    int start = stringStart(offset);
    int end = start + text.length;
    return end < strings + stringBytes && Arrays.equals(bytes, start, end, text, 0, text.length);
  }

  /** A hash of the string at an offset that equals {@link BtfNames#hash} of its bytes. */
  int stringHash(int offset) {
    if (offset < firstString && base != null) {
      return base.stringHash(offset);
    }
    int hash = 0;
    for (int i = stringStart(offset); bytes[i] != 0; i++) {
      hash = 31 * hash + bytes[i];
    }
    return hash;
  }

  private int stringStart(int offset) {
    int own = offset - firstString;
    if (offset < 0 || own < 0 || own >= stringBytes) {
      throw new MalformedException(
          "btf: string offset " + Integer.toUnsignedString(offset) + " outside of " + stringEnd());
    }
    return strings + own;
  }

  /**
   * The first type of a name and kind, in id order.
   *
   * @param kind one of {@link BtfKind}
   * @return its id, or 0 if there is none
   */
  public int find(String name, int kind) {
    int id = base == null ? 0 : base.find(name, kind);
    return id != 0 ? id : isScanned() ? scan(name, kind) : names().find(name, kind, 0);
  }

  /** Whether a look through all types is cheaper than an index: for the first few names. */
  private synchronized boolean isScanned() {
    return names == null && count > MANY_TYPES && scans++ < MAX_SCANS;
  }

  private int scan(String name, int kind) {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    byte head = text.length == 0 ? 0 : text[0];
    // Types without a name are never looked for.
    for (int i = 0; i < count && head != 0; i++) {
      if (kinds[i] != kind) {
        continue;
      }
      int id = firstId + i;
      int own = nameOffset(id) - firstString;
      // Most names differ in their first letter.
      boolean likely = own < 0 || bytes[strings + own] == head;
      if (likely && stringIs(nameOffset(id), text)) {
        return id;
      }
    }
    return 0;
  }

  /** The next type of that name and kind after {@code id} in this blob, 0 at the end. */
  int findAfter(String name, int kind, int id) {
    return names().find(name, kind, id);
  }

  private synchronized BtfNames names() {
    BtfNames known = names;
    if (known == null) {
      known = new BtfNames(this);
      names = known;
    }
    return known;
  }

  /**
   * The type behind const, volatile, restrict and type tags, and typedefs where asked.
   *
   * @return its id, or -1 if there is none within reach: a cycle, or deeper than any kernel takes
   */
  public int skip(int id, boolean typedefs) {
    int at = id;
    for (int step = 0; step <= 2 * MAX_RESOLVE_DEPTH; step++) {
      int kind = kind(at);
      if (!BtfKind.isModifier(kind) && !(typedefs && kind == BtfKind.TYPEDEF)) {
        return at;
      }
      at = target(at);
    }
    return -1;
  }

  /**
   * The size of a value of the type in bytes (btf__resolve_size): arrays multiply, pointers have 8.
   *
   * @return the size, or -1 where the type has none (void, function), is too deep, or exceeds 4 GiB
   */
  public long sizeOf(int id) {
    long elements = 1;
    int at = id;
    for (int step = 0; step < MAX_RESOLVE_DEPTH; step++) {
      switch (kind(at)) {
        case BtfKind.INT,
            BtfKind.STRUCT,
            BtfKind.UNION,
            BtfKind.ENUM,
            BtfKind.ENUM64,
            BtfKind.FLOAT,
            BtfKind.DATASEC -> {
          return product(elements, size(at) & 0xffffffffL);
        }
        case BtfKind.PTR -> {
          return product(elements, 8);
        }
        case BtfKind.TYPEDEF,
            BtfKind.VOLATILE,
            BtfKind.CONST,
            BtfKind.RESTRICT,
            BtfKind.VAR,
            BtfKind.DECL_TAG,
            BtfKind.TYPE_TAG ->
            at = target(at);
        case BtfKind.ARRAY -> {
          elements = product(elements, arrayLength(at) & 0xffffffffL);
          if (elements < 0) {
            return -1;
          }
          at = arrayElement(at);
        }
        default -> {
          return -1;
        }
      }
    }
    return -1;
  }

  private static long product(long a, long b) {
    if (a == 0 || b == 0) {
      return 0;
    }
    return a > 0xffffffffL / b ? -1 : a * b;
  }

  /**
   * Decodes one type.
   *
   * @throws IndexOutOfBoundsException if there is no such id: see {@link #hasType}
   */
  public BtfType type(int id) {
    return BtfDecoder.decode(this, id);
  }

  /** The id's own bytes as they are in the blob: offset of the 12-byte record. */
  int recordOffset(int id) {
    return offsets[id - firstId];
  }
}

package dev.skep.btf;

import dev.skep.errors.MalformedException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A .BTF.ext section: which function, source line or CO-RE relocation belongs to which instruction.
 *
 * <p>Records are kept as ints, section by section: {@link #FUNC_INTS} for a function (instruction
 * offset in bytes, FUNC id), {@link #LINE_INTS} for a line (instruction offset, file name, line
 * text, line &lt;&lt; 10 | column), {@link #CORE_INTS} for a relocation (instruction offset, root
 * type id, access string, kind). Offsets of strings are those of the object's BTF.
 */
public final class BtfExt {
  public static final int FUNC_INTS = 2;
  public static final int LINE_INTS = 4;
  public static final int CORE_INTS = 4;

  private static final int[] NOTHING = {};

  private final ByteBuffer in;
  private final Btf btf;
  private final Map<String, int[]> functions;
  private final Map<String, int[]> lines;
  private final Map<String, int[]> relocations;

  private BtfExt(byte[] bytes, Btf btf) {
    this.in = ByteBuffer.wrap(bytes);
    this.btf = btf;
    int header = readHeader();
    functions = segment(header, 8, FUNC_INTS);
    lines = segment(header, 16, LINE_INTS);
    relocations = header >= 32 ? segment(header, 24, CORE_INTS) : Map.of();
  }

  /**
   * Reads the section; {@code btf} holds its strings.
   *
   * @throws MalformedException naming the offset of what breaks the format
   */
  public static BtfExt parse(byte[] bytes, Btf btf) {
    return new BtfExt(bytes, btf);
  }

  private int readHeader() {
    if (in.capacity() < Btf.HEADER_BYTES) {
      throw bad(0, in.capacity() + " bytes, shorter than its header");
    }
    in.order(ByteOrder.LITTLE_ENDIAN);
    int magic = in.getShort(0) & 0xffff;
    if (magic == 0x9feb) {
      in.order(ByteOrder.BIG_ENDIAN);
    } else if (magic != Btf.MAGIC) {
      throw bad(0, "bad magic 0x" + Integer.toHexString(magic));
    }
    if (in.get(2) != 1) {
      throw bad(2, "unsupported version " + in.get(2));
    }
    if (in.get(3) != 0) {
      throw bad(3, "unsupported flags 0x" + Integer.toHexString(in.get(3) & 0xff));
    }
    int header = in.getInt(4);
    if (header < Btf.HEADER_BYTES || header >= in.capacity()) {
      throw bad(4, "header length " + Integer.toUnsignedString(header));
    }
    return header;
  }

  private Map<String, int[]> segment(int header, int field, int ints) {
    long start = header + (in.getInt(field) & 0xffffffffL);
    long length = in.getInt(field + 4) & 0xffffffffL;
    if (length == 0) {
      return Map.of();
    }
    if (start % 4 != 0 || length < 4 || start + length > in.capacity()) {
      throw bad(field, "segment of " + length + " bytes at " + start);
    }
    int at = (int) start;
    int end = (int) (start + length);
    int recordBytes = in.getInt(at);
    if (recordBytes < 4 * ints || recordBytes % 4 != 0) {
      throw bad(at, "record size " + Integer.toUnsignedString(recordBytes));
    }
    at += 4;
    if (at == end) {
      throw bad(at, "segment without records");
    }
    Map<String, List<int[]>> found = new LinkedHashMap<>();
    while (at < end) {
      if (end - at < 8) {
        throw bad(at, "segment ends inside of a section header");
      }
      long count = in.getInt(at + 4) & 0xffffffffL;
      if (count == 0 || count * recordBytes > end - at - 8) {
        throw bad(at + 4, count + " records of " + recordBytes + " bytes do not fit");
      }
      String section = sectionName(in.getInt(at));
      int[] records = records(at + 8, (int) count, recordBytes, ints);
      found.computeIfAbsent(section, name -> new ArrayList<>()).add(records);
      at += 8 + (int) count * recordBytes;
    }
    return joined(found);
  }

  /** The section's name; one that is no string names no section. */
  private String sectionName(int offset) {
    return offset >= 0 && offset < btf.stringEnd() ? btf.string(offset) : "";
  }

  private int[] records(int at, int count, int recordBytes, int ints) {
    int[] records = new int[count * ints];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < ints; j++) {
        records[i * ints + j] = in.getInt(at + i * recordBytes + 4 * j);
      }
    }
    return records;
  }

  private static Map<String, int[]> joined(Map<String, List<int[]>> parts) {
    Map<String, int[]> joined = new LinkedHashMap<>();
    parts.forEach((section, arrays) -> {
      int length = 0;
      for (int[] array : arrays) {
        length += array.length;
      }
      int[] all = Arrays.copyOf(arrays.getFirst(), length);
      int at = arrays.getFirst().length;
      for (int[] array : arrays.subList(1, arrays.size())) {
        System.arraycopy(array, 0, all, at, array.length);
        at += array.length;
      }
      joined.put(section, all);
    });
    return joined;
  }

  /** Function records of a section; not to be changed. */
  public int[] functions(String section) {
    return functions.getOrDefault(section, NOTHING);
  }

  /** Line records of a section; not to be changed. */
  public int[] lines(String section) {
    return lines.getOrDefault(section, NOTHING);
  }

  /** CO-RE records of a section; not to be changed. */
  public int[] relocations(String section) {
    return relocations.getOrDefault(section, NOTHING);
  }

  public Set<String> relocatedSections() {
    return relocations.keySet();
  }

  private static MalformedException bad(int at, String what) {
    return new MalformedException("btf.ext at 0x" + Integer.toHexString(at) + ": " + what);
  }
}

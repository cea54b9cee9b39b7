package dev.skep.linux;

import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout.ProgInfo;
import dev.skep.linux.sys.Bpf;
import dev.skep.natives.Memory;
import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.ArrayList;
import java.util.List;

/**
 * What the kernel shows of a loaded program (struct bpf_prog_info). What the caller may not see is
 * empty: without CAP_BPF no instructions, with kptr_restrict no addresses.
 *
 * @param xlated rewritten instructions as bpf(2) dumps them: {@link dev.skep.isa.InsnWord} slots
 * @param jited machine code of all functions, one after the other; empty without a JIT
 * @param functionLengths bytes of each function in {@code jited}
 * @param functionAddresses where each function starts in the kernel
 * @param functionTags the tags of the functions, the entry's first
 * @param mapIds numbers of the maps used
 * @param functions BTF of the functions, by instruction of {@code xlated}
 * @param lines source lines, by instruction of {@code xlated}
 * @param lineAddresses for each of {@code lines} where its machine code starts in the kernel
 */
public record ProgramInfo(
    Summary summary,
    long[] xlated,
    byte[] jited,
    int[] functionLengths,
    long[] functionAddresses,
    List<String> functionTags,
    int[] mapIds,
    List<FuncInfo> functions,
    List<LineInfo> lines,
    long[] lineAddresses) {

  /**
   * The numbers of a program.
   *
   * @param type number in enum bpf_prog_type, which may be newer than this library
   * @param tag 16 hexadecimal digits, from the instructions
   * @param loadTimeNanos since boot (CLOCK_BOOTTIME)
   * @param uid of who loaded it
   * @param ifindex of the device that it was loaded for, or 0
   * @param btfId number of its BTF, or 0
   * @param runTimeNanos and {@code runs} count while kernel.bpf_stats_enabled is 1
   * @param recursionMisses runs that did not happen because it was already running
   * @param verifiedInsns how many instructions the verifier processed
   * @param attachBtfObject number of the BTF that {@code attachBtfId} is in, or 0
   */
  public record Summary(
      int id,
      int type,
      String name,
      String tag,
      long loadTimeNanos,
      int uid,
      boolean gplCompatible,
      int ifindex,
      int btfId,
      int xlatedBytes,
      int jitedBytes,
      long runTimeNanos,
      long runs,
      long recursionMisses,
      int verifiedInsns,
      int attachBtfObject,
      int attachBtfId) {}

  /** The kernel's number of the program. */
  public int id() {
    return summary.id();
  }

  /** Only the numbers, in one call. */
  static Summary summary(Bpf bpf, int fd) {
    try (Attr attr = new Attr()) {
      long info = attr.allocate(ProgInfo.BYTES);
      bpf.info(fd, attr, info, ProgInfo.BYTES, "info of a program");
      return summary(info);
    }
  }

  private static Summary summary(long info) {
    return new Summary(
        Memory.getInt(info + ProgInfo.ID),
        Memory.getInt(info + ProgInfo.TYPE),
        Attr.text(info + ProgInfo.NAME, Attr.NAME_BYTES),
        tag(info + ProgInfo.TAG),
        Memory.getLong(info + ProgInfo.LOAD_TIME),
        Memory.getInt(info + ProgInfo.CREATED_BY_UID),
        (Memory.getInt(info + ProgInfo.GPL_COMPATIBLE) & 1) != 0,
        Memory.getInt(info + ProgInfo.IFINDEX),
        Memory.getInt(info + ProgInfo.BTF_ID),
        Memory.getInt(info + ProgInfo.XLATED_LEN),
        Memory.getInt(info + ProgInfo.JITED_LEN),
        Memory.getLong(info + ProgInfo.RUN_TIME),
        Memory.getLong(info + ProgInfo.RUN_COUNT),
        Memory.getLong(info + ProgInfo.RECURSION_MISSES),
        Memory.getInt(info + ProgInfo.VERIFIED_INSNS),
        Memory.getInt(info + ProgInfo.ATTACH_BTF_OBJ_ID),
        Memory.getInt(info + ProgInfo.ATTACH_BTF_ID));
  }

  private static String tag(long address) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < ProgInfo.TAG_BYTES; i++) {
      text.append(String.format("%02x", Memory.getByte(address + i)));
    }
    return text.toString();
  }

  /** A program that exists, as far as the kernel shows it. */
  static Program program(Bpf bpf, int fd) {
    Summary summary = summary(bpf, fd);
    ProgramType type = ProgramType.ofNumber(summary.type());
    if (type == null) {
      throw new UnsupportedException(
          "program type " + summary.type() + " of program \"" + summary.name() + "\"");
    }
    String license = summary.gplCompatible() ? "GPL" : "";
    return Program.of(summary.name(), type, license, of(bpf, fd).xlated(), List.of());
  }

  /** Asks twice: for the sizes, then for the contents. */
  static ProgramInfo of(Bpf bpf, int fd) {
    try (Attr sizes = new Attr();
        Attr attr = new Attr()) {
      long known = sizes.allocate(ProgInfo.BYTES);
      bpf.info(fd, sizes, known, ProgInfo.BYTES, "info of a program");
      long info = attr.allocate(ProgInfo.BYTES);
      Wanted wanted = new Wanted(attr, known, info);
      long xlated = wanted.array(ProgInfo.XLATED_LEN, ProgInfo.XLATED, 1);
      long jited = wanted.array(ProgInfo.JITED_LEN, ProgInfo.JITED, 1);
      long lengths = wanted.array(ProgInfo.NR_JITED_FUNC_LENS, ProgInfo.JITED_FUNC_LENS, 4);
      long addresses = wanted.array(ProgInfo.NR_JITED_KSYMS, ProgInfo.JITED_KSYMS, 8);
      long tags = wanted.array(ProgInfo.NR_PROG_TAGS, ProgInfo.PROG_TAGS, ProgInfo.TAG_BYTES);
      long ids = wanted.array(ProgInfo.NR_MAP_IDS, ProgInfo.MAP_IDS, 4);
      long functions =
          wanted.records(ProgInfo.NR_FUNC_INFO, ProgInfo.FUNC_INFO, ProgInfo.FUNC_INFO_REC_SIZE);
      long lines =
          wanted.records(ProgInfo.NR_LINE_INFO, ProgInfo.LINE_INFO, ProgInfo.LINE_INFO_REC_SIZE);
      long lineAddresses =
          wanted.records(
              ProgInfo.NR_JITED_LINE_INFO,
              ProgInfo.JITED_LINE_INFO,
              ProgInfo.JITED_LINE_INFO_REC_SIZE);
      bpf.info(fd, attr, info, ProgInfo.BYTES, "info of a program");
      // A pointer that comes back as 0 means that the caller may not see what it points to.
      return new ProgramInfo(
          summary(info),
          longs(xlated, wanted.given(ProgInfo.XLATED, ProgInfo.XLATED_LEN) / 8),
          Attr.read(jited, wanted.given(ProgInfo.JITED, ProgInfo.JITED_LEN)),
          ints(lengths, wanted.given(ProgInfo.JITED_FUNC_LENS, ProgInfo.NR_JITED_FUNC_LENS)),
          longs(addresses, wanted.given(ProgInfo.JITED_KSYMS, ProgInfo.NR_JITED_KSYMS)),
          tags(tags, wanted.given(ProgInfo.PROG_TAGS, ProgInfo.NR_PROG_TAGS)),
          ints(ids, wanted.given(ProgInfo.MAP_IDS, ProgInfo.NR_MAP_IDS)),
          functions(functions, wanted, info),
          lines(lines, wanted, info),
          longs(
              lineAddresses, wanted.given(ProgInfo.JITED_LINE_INFO, ProgInfo.NR_JITED_LINE_INFO)));
    }
  }

  /** Puts buffers for what the first answer counted. */
  private record Wanted(Attr attr, long known, long info) {
    long array(int countAt, int at, int unit) {
      int count = Memory.getInt(known + countAt);
      long buffer = attr.allocate((long) count * unit);
      Memory.putInt(info + countAt, count);
      Memory.putLong(info + at, buffer);
      return buffer;
    }

    /** Of records whose size the kernel says and wants to hear again. */
    long records(int countAt, int at, int sizeAt) {
      int size = Memory.getInt(known + sizeAt);
      Memory.putInt(info + sizeAt, size);
      return array(countAt, at, size);
    }

    int given(int at, int countAt) {
      return Memory.getLong(info + at) == 0 ? 0 : Memory.getInt(info + countAt);
    }
  }

  private static List<FuncInfo> functions(long buffer, Wanted wanted, long info) {
    int size = Memory.getInt(info + ProgInfo.FUNC_INFO_REC_SIZE);
    List<FuncInfo> functions = new ArrayList<>();
    for (int i = 0; i < wanted.given(ProgInfo.FUNC_INFO, ProgInfo.NR_FUNC_INFO); i++) {
      long at = buffer + (long) i * size;
      functions.add(new FuncInfo(Memory.getInt(at), Memory.getInt(at + 4)));
    }
    return functions;
  }

  private static List<LineInfo> lines(long buffer, Wanted wanted, long info) {
    int size = Memory.getInt(info + ProgInfo.LINE_INFO_REC_SIZE);
    List<LineInfo> lines = new ArrayList<>();
    for (int i = 0; i < wanted.given(ProgInfo.LINE_INFO, ProgInfo.NR_LINE_INFO); i++) {
      long at = buffer + (long) i * size;
      lines.add(
          new LineInfo(
              Memory.getInt(at),
              Memory.getInt(at + 4),
              Memory.getInt(at + 8),
              Memory.getInt(at + 12)));
    }
    return lines;
  }

  private static List<String> tags(long address, int count) {
    List<String> tags = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tags.add(tag(address + (long) i * ProgInfo.TAG_BYTES));
    }
    return tags;
  }

  private static long[] longs(long address, int count) {
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = Memory.getLong(address + 8L * i);
    }
    return values;
  }

  private static int[] ints(long address, int count) {
    int[] values = new int[count];
    for (int i = 0; i < count; i++) {
      values[i] = Memory.getInt(address + 4L * i);
    }
    return values;
  }
}

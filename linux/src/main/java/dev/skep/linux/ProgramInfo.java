package dev.skep.linux;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout;
import dev.skep.linux.sys.AttrLayout.ProgInfo;
import dev.skep.linux.sys.Bpf;
import dev.skep.natives.Memory;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;

/**
 * What the kernel shows of a loaded program (struct bpf_prog_info).
 *
 * @param xlated rewritten instructions as bpf(2) dumps them: {@link dev.skep.isa.InsnWord} slots
 * @param jited machine code of all functions, one after the other; empty without a JIT
 * @param functionLengths bytes of each function in {@code jited}
 * @param functionAddresses where each function starts in the kernel
 * @param mapIds numbers of the maps used
 */
public record ProgramInfo(
    int id,
    long[] xlated,
    byte[] jited,
    int[] functionLengths,
    long[] functionAddresses,
    int[] mapIds) {

  /** A program that exists, as far as the kernel shows it. */
  static Program program(Bpf bpf, int fd) {
    String name;
    int number;
    boolean gpl;
    try (Attr attr = new Attr()) {
      long info = ask(bpf, fd, attr, attr.allocate(ProgInfo.BYTES));
      name = MapInfo.name(Attr.read(info + ProgInfo.NAME, Attr.NAME_BYTES));
      number = Memory.getInt(info + ProgInfo.TYPE);
      gpl = (Memory.getInt(info + ProgInfo.GPL_COMPATIBLE) & 1) != 0;
    }
    ProgramType type = ProgramType.ofNumber(number);
    if (type == null) {
      throw new UnsupportedException("program type " + number + " of program \"" + name + "\"");
    }
    return Program.of(name, type, gpl ? "GPL" : "", of(bpf, fd).xlated(), List.of());
  }

  /** Asks twice: for the sizes, then for the contents. */
  static ProgramInfo of(Bpf bpf, int fd) {
    int xlatedBytes;
    int jitedBytes;
    int functions;
    int maps;
    try (Attr attr = new Attr()) {
      long info = ask(bpf, fd, attr, attr.allocate(ProgInfo.BYTES));
      xlatedBytes = Memory.getInt(info + ProgInfo.XLATED_LEN);
      jitedBytes = Memory.getInt(info + ProgInfo.JITED_LEN);
      functions = Memory.getInt(info + ProgInfo.NR_JITED_FUNC_LENS);
      maps = Memory.getInt(info + ProgInfo.NR_MAP_IDS);
    }
    try (Attr attr = new Attr()) {
      long info = attr.allocate(ProgInfo.BYTES);
      long xlated = want(attr, info, ProgInfo.XLATED_LEN, ProgInfo.XLATED, xlatedBytes, 1);
      long jited = want(attr, info, ProgInfo.JITED_LEN, ProgInfo.JITED, jitedBytes, 1);
      long lengths =
          want(attr, info, ProgInfo.NR_JITED_FUNC_LENS, ProgInfo.JITED_FUNC_LENS, functions, 4);
      long addresses =
          want(attr, info, ProgInfo.NR_JITED_KSYMS, ProgInfo.JITED_KSYMS, functions, 8);
      long ids = want(attr, info, ProgInfo.NR_MAP_IDS, ProgInfo.MAP_IDS, maps, 4);
      ask(bpf, fd, attr, info);
      return new ProgramInfo(
          Memory.getInt(info + ProgInfo.ID),
          longs(xlated, xlatedBytes / 8),
          Attr.read(jited, jitedBytes),
          ints(lengths, functions),
          longs(addresses, functions),
          ints(ids, maps));
    }
  }

  private static long want(Attr attr, long info, int countAt, int at, int count, int unit) {
    long buffer = attr.allocate((long) count * unit);
    Memory.putInt(info + countAt, count);
    Memory.putLong(info + at, buffer);
    return buffer;
  }

  private static long ask(Bpf bpf, int fd, Attr attr, long info) {
    attr.putInt(AttrLayout.Info.FD, fd);
    attr.putInt(AttrLayout.Info.LENGTH, ProgInfo.BYTES);
    attr.putLong(AttrLayout.Info.INFO, info);
    int result = bpf.call(Bpf.OBJ_GET_INFO_BY_FD, attr);
    if (result < 0) {
      throw new BpfErrnoException(-result, "info of a program");
    }
    return info;
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

package dev.skep.linux;

import dev.skep.isa.InsnWord;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout.ProgLoad;
import dev.skep.linux.sys.Bpf;
import dev.skep.natives.Memory;
import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import dev.skep.program.Program;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** BPF_PROG_LOAD of one program, with a log buffer that grows until the log fits. */
final class ProgramLoad {
  private static final int LD_IMM64 = 0x18;
  private static final int FUNC_INFO_BYTES = 8;
  private static final int LINE_INFO_BYTES = 16;
  private static final int NO_FD = -1;

  /** Large blocks are mapped on first touch, so this costs what the log needs. */
  private static final int FIRST_LOG_BYTES = 1 << 20;

  /** The kernel refuses more (bpf_verifier_log_attr_valid). */
  private static final long MAX_LOG_BYTES = 0xffffffffL >>> 2;

  /**
   * The outcome.
   *
   * @param fd the program's descriptor, or the negative errno
   * @param logBytes what the whole log needs; more than {@code log} has if the limit was reached
   */
  record Result(int fd, String log, long logBytes) {}

  private final Bpf bpf;
  private final Program program;
  private final int[] mapFds;
  private final int btfFd;

  /**
   * @param mapFds descriptors of {@code program.maps()}, in order
   * @param btfFd descriptor of the program's BTF, or 0
   */
  ProgramLoad(Bpf bpf, Program program, int[] mapFds, int btfFd) {
    this.bpf = bpf;
    this.program = program;
    this.mapFds = mapFds;
    this.btfFd = btfFd;
  }

  /**
   * Loads with a log of that level; level 0 asks for none.
   *
   * @param maxLogBytes the largest buffer to try; a longer log is cut and the errno is ENOSPC
   */
  Result load(int logLevel, long maxLogBytes) {
    long limit = Math.min(maxLogBytes, MAX_LOG_BYTES);
    long logBytes = Math.min(FIRST_LOG_BYTES, limit);
    while (true) {
      try (Attr attr = attributes()) {
        long log = logLevel == 0 ? 0 : attr.putBuffer(ProgLoad.LOG_BUF, logBytes);
        attr.putInt(ProgLoad.LOG_LEVEL, logLevel);
        attr.putInt(ProgLoad.LOG_SIZE, logLevel == 0 ? 0 : (int) logBytes);
        int fd = bpf.call(Bpf.PROG_LOAD, attr);
        long needed = Integer.toUnsignedLong(attr.getInt(ProgLoad.LOG_TRUE_SIZE));
        if (logLevel == 0 || needed <= logBytes || logBytes == limit) {
          return new Result(fd, logLevel == 0 ? "" : text(log, logBytes), needed);
        }
        if (fd >= 0) {
          bpf.own(fd).close();
        }
        logBytes = Math.min(needed, limit);
      }
    }
  }

  private static String text(long log, long bytes) {
    int length = 0;
    while (length < bytes && Memory.getByte(log + length) != 0) {
      length++;
    }
    return new String(Attr.read(log, length), StandardCharsets.UTF_8);
  }

  private Attr attributes() {
    Attr attr = new Attr();
    long[] insns = program.insns();
    attr.putInt(ProgLoad.TYPE, program.type().number());
    attr.putInt(ProgLoad.INSN_CNT, insns.length);
    long code = attr.putBuffer(ProgLoad.INSNS, 8L * insns.length);
    for (int i = 0; i < insns.length; i++) {
      Memory.putLong(code + 8L * i, withMapFd(insns, i));
    }
    attr.putString(ProgLoad.LICENSE, program.license());
    attr.putInt(ProgLoad.FLAGS, program.flags());
    attr.putName(ProgLoad.NAME, program.name());
    attr.putInt(ProgLoad.EXPECTED_ATTACH_TYPE, program.expectedAttachType());
    long fds = attr.putBuffer(ProgLoad.FD_ARRAY, 4L * mapFds.length);
    for (int i = 0; i < mapFds.length; i++) {
      Memory.putInt(fds + 4L * i, mapFds[i]);
    }
    if (btfFd != 0) {
      attr.putInt(ProgLoad.BTF_FD, btfFd);
      putFuncInfo(attr, program.funcInfo());
      putLineInfo(attr, program.lineInfo());
    }
    return attr;
  }

  /** The instruction with a map's index replaced by its descriptor; fd-array forms stay. */
  private long withMapFd(long[] insns, int i) {
    long word = insns[i];
    boolean second = i > 0 && InsnWord.code(insns[i - 1]) == LD_IMM64;
    int src = InsnWord.src(word);
    if (InsnWord.code(word) != LD_IMM64 || second || src != 1 && src != 2) {
      return word;
    }
    int map = InsnWord.imm(word);
    return InsnWord.withImm(word, map >= 0 && map < mapFds.length ? mapFds[map] : NO_FD);
  }

  private static void putFuncInfo(Attr attr, List<FuncInfo> infos) {
    long at = attr.putBuffer(ProgLoad.FUNC_INFO, (long) FUNC_INFO_BYTES * infos.size());
    attr.putInt(ProgLoad.FUNC_INFO_REC_SIZE, FUNC_INFO_BYTES);
    attr.putInt(ProgLoad.FUNC_INFO_CNT, infos.size());
    for (FuncInfo info : infos) {
      Memory.putInt(at, info.insn());
      Memory.putInt(at + 4, info.typeId());
      at += FUNC_INFO_BYTES;
    }
  }

  private static void putLineInfo(Attr attr, List<LineInfo> infos) {
    long at = attr.putBuffer(ProgLoad.LINE_INFO, (long) LINE_INFO_BYTES * infos.size());
    attr.putInt(ProgLoad.LINE_INFO_REC_SIZE, LINE_INFO_BYTES);
    attr.putInt(ProgLoad.LINE_INFO_CNT, infos.size());
    for (LineInfo info : infos) {
      Memory.putInt(at, info.insn());
      Memory.putInt(at + 4, info.fileNameOff());
      Memory.putInt(at + 8, info.lineOff());
      Memory.putInt(at + 12, info.lineCol());
      at += LINE_INFO_BYTES;
    }
  }
}

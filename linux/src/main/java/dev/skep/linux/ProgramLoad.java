package dev.skep.linux;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout.ProgLoad;
import dev.skep.linux.sys.Bpf;
import dev.skep.natives.Memory;
import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import dev.skep.program.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** BPF_PROG_LOAD of one program, with a log buffer that grows until the log fits. */
final class ProgramLoad {
  private static final int LD_IMM64 = 0x18;
  private static final int FUNC_INFO_BYTES = 8;
  private static final int LINE_INFO_BYTES = 16;
  private static final int NO_FD = -1;
  private static final int STANDARD_ERROR = 2;

  /** Large blocks are mapped on first touch, so this costs what the log needs. */
  private static final int FIRST_LOG_BYTES = 1 << 20;

  /** The counters alone, with the reason of a rejection. */
  private static final int FIRST_COUNTERS_BYTES = 1 << 13;

  private static final int LOG_COUNTERS = 4;

  /** The kernel refuses more (bpf_verifier_log_attr_valid). */
  private static final long MAX_LOG_BYTES = 0xffffffffL >>> 2;

  /**
   * The outcome.
   *
   * @param fd the program's descriptor, or the negative errno
   * @param logBytes what the whole log needs; more than {@code log} has if the limit was reached
   * @param nanos time of the last command
   */
  record Result(int fd, String log, long logBytes, long nanos) {}

  /**
   * The descriptors that a program needs.
   *
   * @param maps of {@code program.maps()}, in order
   * @param modules of the BTF of {@code program.modules()}, in order
   * @param btf of the program's BTF, or 0
   * @param attachBtfId the type to attach to, or 0
   * @param attach of the program or of the module's BTF that the type belongs to, or 0
   * @param bindAll whether the program holds all its maps, used or not (Linux 6.14)
   */
  record Descriptors(
      int[] maps, int[] modules, int btf, int attachBtfId, int attach, boolean bindAll) {}

  private final Bpf bpf;
  private final Program program;
  private final Descriptors fds;
  private final LoadTrims trims;

  ProgramLoad(Bpf bpf, Program program, Descriptors fds) {
    this.bpf = bpf;
    this.program = program;
    this.fds = fds;
    this.trims = new LoadTrims(KernelFeatures.of(bpf), program);
  }

  /**
   * Loads with a log of that level; level 0 asks for none.
   *
   * <p>The buffer grows until the log fits: to what the kernel says it needs, or where it does not
   * say (before 6.4), to twice as much for each ENOSPC.
   *
   * @param maxLogBytes the largest buffer to try; a longer log is cut and the errno is ENOSPC
   */
  Result load(int logLevel, long maxLogBytes) {
    Result result = tryLoad(logLevel, maxLogBytes);
    // An attribute that the kernel is too old for: without it, as libbpf goes on.
    return result.fd() == -Errno.E2BIG && result.log().isEmpty() && trims.apply()
        ? tryLoad(logLevel, maxLogBytes)
        : result;
  }

  private Result tryLoad(int logLevel, long maxLogBytes) {
    long limit = Math.min(maxLogBytes, MAX_LOG_BYTES);
    int first = logLevel == LOG_COUNTERS ? FIRST_COUNTERS_BYTES : FIRST_LOG_BYTES;
    long logBytes = Math.min(first, limit);
    Result cut = null;
    while (true) {
      try (Attr attr = attributes()) {
        long log = logLevel == 0 ? 0 : attr.putBuffer(ProgLoad.LOG_BUF, logBytes);
        attr.putInt(ProgLoad.LOG_LEVEL, logLevel);
        attr.putInt(ProgLoad.LOG_SIZE, logLevel == 0 ? 0 : (int) logBytes);
        long start = System.nanoTime();
        int fd = bpf.call(Bpf.PROG_LOAD, attr);
        long nanos = System.nanoTime() - start;
        if (logLevel == 0) {
          return new Result(fd, "", 0, nanos);
        }
        if (cut != null && fd == -Errno.EINVAL && Memory.getByte(log) == 0) {
          // A kernel that refuses buffers of this size.
          return cut;
        }
        long needed = Integer.toUnsignedLong(attr.getInt(ProgLoad.LOG_TRUE_SIZE));
        if (needed == 0 && fd == -Errno.ENOSPC) {
          needed = 2 * logBytes;
        }
        if (needed <= logBytes || logBytes == limit) {
          return new Result(fd, Attr.text(log, logBytes), needed, nanos);
        }
        if (fd >= 0) {
          bpf.own(fd).close();
        }
        cut = new Result(-Errno.ENOSPC, Attr.text(log, logBytes), needed, nanos);
        logBytes = Math.min(needed, limit);
      }
    }
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
    if (trims.keepsName()) {
      attr.putName(ProgLoad.NAME, MapCreation.kernelName(program.name()));
    }
    if (trims.keepsAttachType()) {
      attr.putInt(ProgLoad.EXPECTED_ATTACH_TYPE, program.expectedAttachType());
    }
    attr.putInt(ProgLoad.ATTACH_BTF_ID, fds.attachBtfId());
    attr.putInt(ProgLoad.ATTACH_FD, fds.attach());
    putDescriptors(attr);
    if (fds.btf() != 0) {
      attr.putInt(ProgLoad.BTF_FD, fds.btf());
      putFuncInfo(attr, program.funcInfo());
      putLineInfo(attr, program.lineInfo());
    }
    return attr;
  }

  /** Maps first, then the modules' BTF: never at 0, which stands for vmlinux in a call. */
  private void putDescriptors(Attr attr) {
    int[] maps = fds.maps();
    int[] modules = fds.modules();
    if (maps.length == 0 && modules.length == 0) {
      return;
    }
    int firstModule = Program.firstModule(maps.length);
    long array = attr.putBuffer(ProgLoad.FD_ARRAY, 4L * (firstModule + modules.length));
    for (int i = 0; i < maps.length; i++) {
      Memory.putInt(array + 4L * i, maps[i]);
    }
    for (int i = 0; i < modules.length; i++) {
      Memory.putInt(array + 4L * (firstModule + i), modules[i]);
    }
    if (fds.bindAll() && modules.length == 0) {
      attr.putInt(ProgLoad.FD_ARRAY_CNT, maps.length);
    }
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
    int[] maps = fds.maps();
    return InsnWord.withImm(word, map >= 0 && map < maps.length ? maps[map] : noMap(map));
  }

  /** A number that stands for none of the program's maps: it must not hit what is open here. */
  private static int noMap(int number) {
    boolean hits =
        number > STANDARD_ERROR
            && Files.exists(Path.of("/proc/self/fd", Integer.toString(number)), NOFOLLOW_LINKS);
    return hits ? NO_FD : number;
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

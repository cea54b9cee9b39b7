package dev.skep.linux;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout;
import dev.skep.linux.sys.AttrLayout.MapCreate;
import dev.skep.linux.sys.AttrLayout.ProgLoad;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.LinkLayout;
import dev.skep.natives.Memory;
import dev.skep.program.AttachType;
import dev.skep.program.MapType;
import dev.skep.program.ProgramType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** One question for each {@link Feature}, asked as libbpf asks it where it does. */
final class FeatureProbes {
  private static final int SOCKET_FILTER = ProgramType.SOCKET_FILTER.number();
  private static final int TRACEPOINT = ProgramType.TRACEPOINT.number();
  private static final int KPROBE = ProgramType.KPROBE.number();
  private static final int ARRAY = MapType.ARRAY.number();
  private static final int MMAPABLE = 0x400;
  private static final int LINK_CREATE = 28;
  private static final int X86_64_UPROBE = 336;
  private static final int LARGE = 4097;
  private static final int HUGE_OFFSET = 1 << 30;

  static final long[] RETURN_0 = {insn(0xb7, 0, 0, 0, 0), insn(0x95, 0, 0, 0, 0)};

  private final Probe probe;

  FeatureProbes(Probe probe) {
    this.probe = probe;
  }

  private static long insn(int code, int dst, int src, int off, int imm) {
    return InsnWord.of(code, dst, src, off, imm);
  }

  boolean has(Feature feature) {
    return switch (feature) {
      case PROG_NAME ->
          probe.worked(
              probe.program(SOCKET_FILTER, RETURN_0, a -> a.putName(ProgLoad.NAME, "skep_name")));
      case GLOBAL_DATA -> globalData();
      case BTF,
          BTF_FUNC,
          BTF_GLOBAL_FUNC,
          BTF_DATASEC,
          BTF_QMARK_DATASEC,
          BTF_FLOAT,
          BTF_DECL_TAG,
          BTF_TYPE_TAG,
          BTF_ENUM64,
          BTF_LAYOUT ->
          probe.worked(probe.btf(ProbeTypes.of(feature)));
      case ARRAY_MMAP ->
          probe.worked(probe.map(ARRAY, 4, 4, 1, a -> a.putInt(MapCreate.FLAGS, MMAPABLE)));
      case EXPECTED_ATTACH_TYPE ->
          probe.worked(
              probe.program(
                  ProgramType.CGROUP_SOCK.number(),
                  RETURN_1,
                  a -> attachType(a, AttachType.CGROUP_INET_SOCK_CREATE)));
      case PROBE_READ_KERNEL -> loads(TRACEPOINT, readKernel());
      case PROG_BIND_MAP -> bindMap();
      case MODULE_BTF -> probe.with(probe.btf(ProbeTypes.of(Feature.BTF)), this::btfName) >= 0;
      case PERF_LINK -> perfLink() == -Errno.EBADF;
      case MEMCG_ACCOUNT -> loads(SOCKET_FILTER, call(160));
      case BPF_COOKIE -> loads(TRACEPOINT, call(174));
      case SYSCALL_WRAPPER -> syscallWrapper();
      case UPROBE_MULTI_LINK -> uprobeMulti() == -Errno.EBADF;
      case UPROBE_SYSCALL -> uprobeSyscall();
      case ARG_CTX_TAG -> contextTag();
      case LDIMM64_FULL_RANGE_OFFSET -> fullRange();
      case PERCPU_DATA -> perCpuData();
    };
  }

  private static final long[] RETURN_1 = {insn(0xb7, 0, 0, 0, 1), insn(0x95, 0, 0, 0, 0)};

  private static void attachType(Attr attr, AttachType type) {
    attr.putInt(ProgLoad.EXPECTED_ATTACH_TYPE, type.number());
  }

  private boolean loads(int type, long[] insns) {
    return probe.worked(probe.program(type, insns, null));
  }

  /** Whether a socket filter loads. */
  boolean loads(long[] insns) {
    return loads(SOCKET_FILTER, insns);
  }

  private static long[] call(int helper) {
    return new long[] {insn(0x85, 0, 0, 0, helper), insn(0x95, 0, 0, 0, 0)};
  }

  /** Calls bpf_probe_read_kernel(r10 - 8, 8, 0). */
  private static long[] readKernel() {
    return new long[] {
      insn(0xbf, 1, 10, 0, 0),
      insn(0x07, 1, 0, 0, -8),
      insn(0xb7, 2, 0, 0, 8),
      insn(0xb7, 3, 0, 0, 0),
      insn(0x85, 0, 0, 0, 113),
      insn(0x95, 0, 0, 0, 0)
    };
  }

  /** r1 = address in the map's first value; then {@code rest}. */
  private static long[] withValue(int map, int offset, long... rest) {
    long[] insns = new long[2 + rest.length];
    insns[0] = insn(0x18, 1, 2, 0, map);
    insns[1] = insn(0, 0, 0, 0, offset);
    System.arraycopy(rest, 0, insns, 2, rest.length);
    return insns;
  }

  private boolean globalData() {
    return probe.with(
            probe.map(ARRAY, 4, 32, 1, null),
            map ->
                loads(withValue(map, 16, insn(0x7a, 1, 0, 0, 42), RETURN_0[0], RETURN_0[1]))
                    ? 0
                    : -1)
        >= 0;
  }

  /** The address of a value of a per-CPU array, and a read through it. */
  private boolean perCpuData() {
    long read = insn(0x79, 0, 1, 0, 0);
    return probe.with(
            probe.map(MapType.PERCPU_ARRAY.number(), 4, 8, 1, null),
            map -> loads(withValue(map, 0, read, RETURN_0[1])) ? 0 : -1)
        >= 0;
  }

  /** The load fails either way; a kernel with a limit says so in its log. */
  private boolean fullRange() {
    return probe.with(
            probe.map(ARRAY, 4, 1, 1, null),
            map -> {
              long[] insns = withValue(map, HUGE_OFFSET, RETURN_0[0], RETURN_0[1]);
              Probe.Answer answer = probe.judged(SOCKET_FILTER, insns, null);
              boolean limited = answer.log().contains("direct value offset of");
              return answer.log().isEmpty() || limited ? -1 : 0;
            })
        >= 0;
  }

  private boolean bindMap() {
    return probe.with(
            probe.map(ARRAY, 4, 32, 1, null),
            map ->
                probe.with(
                    probe.program(SOCKET_FILTER, RETURN_0, null),
                    program -> probe.bpf.bind(program, map)))
        >= 0;
  }

  /** The field for a name is in struct bpf_btf_info since modules have BTF. */
  private int btfName(int btf) {
    try (Attr attr = new Attr()) {
      long info = attr.putBuffer(AttrLayout.Info.INFO, AttrLayout.BtfInfo.BYTES);
      Memory.putLong(info + AttrLayout.BtfInfo.NAME, attr.allocate(64));
      Memory.putInt(info + AttrLayout.BtfInfo.NAME_LEN, 64);
      attr.putInt(AttrLayout.Info.FD, btf);
      attr.putInt(AttrLayout.Info.LENGTH, AttrLayout.BtfInfo.BYTES);
      return probe.bpf.call(Bpf.OBJ_GET_INFO_BY_FD, attr);
    }
  }

  /** A link to a perf event that does not exist: a kernel that knows them says EBADF. */
  private int perfLink() {
    return linkOf(
        probe.program(TRACEPOINT, RETURN_0, null),
        attr -> {
          attr.putInt(LinkLayout.Create.TARGET_FD, -1);
          attr.putInt(LinkLayout.Create.ATTACH_TYPE, AttachType.PERF_EVENT.number());
        });
  }

  /** Uprobes in the directory "/": a kernel that knows such links says EBADF. */
  private int uprobeMulti() {
    return linkOf(
        probe.program(KPROBE, RETURN_0, a -> attachType(a, AttachType.TRACE_UPROBE_MULTI)),
        attr -> {
          attr.putInt(LinkLayout.Create.ATTACH_TYPE, AttachType.TRACE_UPROBE_MULTI.number());
          attr.putString(LinkLayout.UprobeMulti.PATH, "/");
          attr.putBuffer(LinkLayout.UprobeMulti.OFFSETS, 8);
          attr.putInt(LinkLayout.UprobeMulti.COUNT, 1);
        });
  }

  private int linkOf(int program, Consumer<Attr> target) {
    if (program < 0) {
      return -Errno.EPERM;
    }
    return probe.with(
        program,
        fd -> {
          try (Attr attr = new Attr()) {
            attr.putInt(LinkLayout.Create.PROG_FD, fd);
            target.accept(attr);
            int result = probe.bpf.call(LINK_CREATE, attr);
            probe.worked(result);
            return result;
          }
        });
  }

  /** Whether the kernel has the symbol of a wrapped bpf(2). */
  private static boolean syscallWrapper() {
    String prefix = System.getProperty("os.arch", "").equals("aarch64") ? "__arm64" : "__x64";
    String suffix = " " + prefix + "_sys_bpf";
    Path symbols = Path.of("/proc/kallsyms");
    try (Stream<String> lines = Files.lines(symbols, StandardCharsets.ISO_8859_1)) {
      return lines.anyMatch(line -> line.endsWith(suffix));
    } catch (IOException | UncheckedIOException notReadable) {
      return false;
    }
  }

  /** Outside of its trampoline the call says ENXIO. */
  private boolean uprobeSyscall() {
    boolean x64 = System.getProperty("os.arch", "").equals("amd64");
    return x64 && probe.bpf.syscalls().syscall(X86_64_UPROBE) == -Errno.ENXIO;
  }

  /** A global function that takes "void *" tagged as the context and calls bpf_get_func_ip. */
  private boolean contextTag() {
    long[] insns = {
      insn(0x85, 0, 1, 0, 1),
      insn(0x95, 0, 0, 0, 0),
      insn(0x85, 0, 0, 0, 173),
      insn(0x95, 0, 0, 0, 0)
    };
    return probe.with(
            probe.btf(ProbeTypes.contextTag()),
            btf ->
                probe.worked(
                        probe.program(
                            KPROBE,
                            insns,
                            attr -> {
                              attr.putInt(ProgLoad.BTF_FD, btf);
                              attr.putInt(ProgLoad.FUNC_INFO_REC_SIZE, 8);
                              attr.putInt(ProgLoad.FUNC_INFO_CNT, 2);
                              long info = attr.putBuffer(ProgLoad.FUNC_INFO, 16);
                              Memory.putInt(info + 4, ProbeTypes.MAIN);
                              Memory.putInt(info + 8, 2);
                              Memory.putInt(info + 12, ProbeTypes.SUBPROGRAM);
                            }))
                    ? 0
                    : -1)
        >= 0;
  }

  /** One more instruction than kernels took before 5.2. */
  static long[] largeProgram() {
    long[] insns = new long[LARGE];
    Arrays.fill(insns, RETURN_0[0]);
    insns[LARGE - 1] = RETURN_0[1];
    return insns;
  }

  /** Counts from 10 down to 0. */
  static long[] boundedLoop() {
    return new long[] {
      insn(0xb7, 0, 0, 0, 10), insn(0x07, 0, 0, 0, -1), insn(0x55, 0, 0, -2, 0), RETURN_0[1]
    };
  }

  static long[] instructionSet(int version) {
    return switch (version) {
      // r0 < 0 jumps to the next instruction; then on 32 bits.
      case 2 -> new long[] {RETURN_0[0], insn(0xa5, 0, 0, 1, 0), RETURN_0[0], RETURN_0[1]};
      case 3 -> new long[] {RETURN_0[0], insn(0xa6, 0, 0, 1, 0), RETURN_0[0], RETURN_0[1]};
      // r0 = (s8) r0; r0 s/= 1; r0 = bswap16 r0; goto over nothing.
      case 4 ->
          new long[] {
            RETURN_0[0],
            insn(0xbf, 0, 0, 8, 0),
            insn(0x37, 0, 0, 1, 1),
            insn(0xd7, 0, 0, 0, 16),
            insn(0x06, 0, 0, 0, 0),
            RETURN_0[1]
          };
      default -> throw new IllegalArgumentException("instruction set version " + version);
    };
  }
}

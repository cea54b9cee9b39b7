package dev.skep.linux;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.ObjectLoader;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.PossibleCpus;
import dev.skep.natives.Syscalls;
import dev.skep.object.BpfObject;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import java.util.Locale;

/** The running kernel as an engine. It holds nothing itself: maps and programs own descriptors. */
public final class KernelEngine implements Engine {
  private final Bpf bpf;
  private final int cpus;

  private KernelEngine(Bpf bpf, int cpus) {
    this.bpf = bpf;
    this.cpus = cpus;
  }

  /** The kernel that runs this JVM. */
  public static KernelEngine host() {
    return new KernelEngine(new Bpf(Syscalls.host()), PossibleCpus.count());
  }

  /** A kernel behind other system calls: tests put a fake here. */
  static KernelEngine over(Syscalls syscalls, int cpus) {
    return new KernelEngine(new Bpf(syscalls), cpus);
  }

  /**
   * Whether bpf(2) may be used here.
   *
   * @param reason one line for the user when it may not, else empty
   */
  public record Availability(boolean available, String reason) {}

  /** Tries to load the smallest program. */
  public static Availability available() {
    if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux")) {
      return new Availability(false, "bpf(2) exists on linux only");
    }
    long[] insns = {InsnWord.of(0xb7, 0, 0, 0, 0), InsnWord.of(0x95, 0, 0, 0, 0)};
    Program smallest = Program.of("probe", ProgramType.SCHED_CLS, "GPL", insns, List.of());
    try (KernelEngine engine = host();
        KernelVerdict verdict = engine.judge(smallest, List.of(), 0)) {
      return verdict.accepted()
          ? new Availability(true, "")
          : new Availability(false, "bpf(2) is not allowed here: " + Errno.name(verdict.errno()));
    } catch (UnsupportedException noCall) {
      return new Availability(false, String.valueOf(noCall.getMessage()));
    }
  }

  @Override
  public String name() {
    return "linux";
  }

  @Override
  public int cpus() {
    return cpus;
  }

  @Override
  public KernelMap createMap(MapSpec spec) {
    // A perf_event_array without a size has a slot for each CPU, as in libbpf.
    boolean perCpu = spec.type() == MapType.PERF_EVENT_ARRAY && spec.maxEntries() == 0;
    return KernelMap.create(bpf, perCpu ? spec.withMaxEntries(cpus) : spec, cpus);
  }

  /**
   * Asks the kernel for its verdict and log.
   *
   * @param maps kernel maps that stand for {@code program.maps()}, in order
   * @param logLevel BPF_LOG_* bits; 0 for no log
   */
  public KernelVerdict judge(Program program, List<? extends BpfMap> maps, int logLevel) {
    return judge(program, maps, logLevel, Long.MAX_VALUE);
  }

  /**
   * As {@link #judge(Program, List, int)}, for programs whose log may be huge.
   *
   * @param maxLogBytes where to cut the log; a program with a longer one gets the errno ENOSPC
   */
  public KernelVerdict judge(
      Program program, List<? extends BpfMap> maps, int logLevel, long maxLogBytes) {
    int[] fds = new int[maps.size()];
    for (int i = 0; i < fds.length; i++) {
      if (!(maps.get(i) instanceof KernelMap map)) {
        throw new IllegalArgumentException("map " + i + " is not in the kernel");
      }
      fds[i] = map.fd();
    }
    if (program.attachTo() != null && needsTarget(program.type())) {
      throw new UnsupportedException("linux engine: attach target \"" + program.attachTo() + "\"");
    }
    try (BtfFd btf = BtfFd.of(bpf, program.btf())) {
      ProgramLoad.Result result =
          new ProgramLoad(bpf, program, fds, btf.number()).load(logLevel, maxLogBytes);
      boolean loaded = result.fd() >= 0;
      return new KernelVerdict(
          loaded ? 0 : -result.fd(),
          result.log(),
          result.logBytes(),
          loaded ? new KernelProgram(bpf, program, bpf.own(result.fd())) : null);
    }
  }

  private static boolean needsTarget(ProgramType type) {
    return switch (type) {
      case TRACING, LSM, EXT, STRUCT_OPS -> true;
      default -> false;
    };
  }

  @Override
  public KernelProgram load(Program program, List<? extends BpfMap> maps) {
    KernelVerdict verdict = judge(program, maps, 0);
    if (verdict.program() != null) {
      return verdict.program();
    }
    // The log costs time, so it is asked for only now.
    verdict = judge(program, maps, 1);
    if (verdict.program() != null) {
      return verdict.program();
    }
    String name = "program \"" + program.name() + "\"";
    if (verdict.log().isEmpty()) {
      throw new BpfErrnoException(verdict.errno(), "load of " + name);
    }
    throw new RejectedException(
        name + ": " + VerifierText.lastError(verdict.log()), verdict.errno(), -1, verdict.log());
  }

  @Override
  public LoadedObject load(BpfObject object) {
    return ObjectLoader.load(this, object);
  }

  @Override
  public void close() {}
}

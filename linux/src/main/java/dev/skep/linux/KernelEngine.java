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
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.PinnedObjects;
import dev.skep.linux.sys.PossibleCpus;
import dev.skep.natives.Syscalls;
import dev.skep.object.BpfObject;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/** The running kernel as an engine. It holds nothing itself: maps and programs own descriptors. */
public final class KernelEngine implements Engine {
  private final Bpf bpf;
  private final int cpus;

  /** What was loaded here and is still known to anybody. */
  private final Set<KernelProgram> programs =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

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
      if (verdict.accepted()) {
        return new Availability(true, "");
      }
      String advice = engine.advice().ofProgram(verdict.errno(), ProgramType.SCHED_CLS);
      return new Availability(
          false,
          "bpf(2) is not allowed here: "
              + Errno.name(verdict.errno())
              + (advice.isEmpty() ? "" : ": " + advice));
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
    return createMap(spec, MapCreation.kernelName(spec.name()));
  }

  @Override
  public KernelMap createMap(MapSpec spec, String kernelName) {
    return KernelMap.create(bpf, sized(spec), kernelName, cpus);
  }

  /** A perf_event_array without a size has a slot for each CPU, as in libbpf. */
  private MapSpec sized(MapSpec spec) {
    return spec.type() == MapType.PERF_EVENT_ARRAY && spec.maxEntries() == 0
        ? spec.withMaxEntries(cpus)
        : spec;
  }

  /** A map that exists, by its file in a BPF file system. */
  public KernelMap pinnedMap(Path file) {
    return adopted(new PinnedObjects(bpf).open(file, PinnedObjects.Kind.MAP), null, "");
  }

  /**
   * A map that exists and shall stand for {@code spec}.
   *
   * @throws BpfErrnoException with EINVAL if its shape is another
   */
  KernelMap pinnedMap(Path file, MapSpec spec) {
    Fd fd = new PinnedObjects(bpf).open(file, PinnedObjects.Kind.MAP);
    return adopted(fd, spec, "reuse of map \"" + spec.name() + "\" pinned at " + file);
  }

  /** A map that exists, by its number; {@link KernelObjects#maps} has them all. */
  public KernelMap mapById(int id) {
    Fd fd = bpf.open(Bpf.Kind.MAP, id);
    if (fd == null) {
      throw new BpfErrnoException(Errno.ENOENT, "map " + Integer.toUnsignedString(id));
    }
    return adopted(fd, null, "");
  }

  private KernelMap adopted(Fd fd, @Nullable MapSpec wanted, String what) {
    try {
      MapInfo info = MapInfo.of(bpf, fd.number());
      String mismatch = wanted == null ? null : info.mismatch(sized(wanted));
      if (mismatch != null) {
        throw new BpfErrnoException(Errno.EINVAL, what, "parameter mismatch: " + mismatch);
      }
      MapSpec spec = wanted == null ? info.spec() : Pinning.adopted(sized(wanted));
      return KernelMap.adopt(bpf, spec, fd, cpus);
    } catch (RuntimeException failed) {
      fd.close();
      throw failed;
    }
  }

  /**
   * A program that exists, by its file in a BPF file system. Its instructions are what the kernel
   * shows, rewritten and without maps.
   */
  public KernelProgram pinnedProgram(Path file) {
    Fd fd = new PinnedObjects(bpf).open(file, PinnedObjects.Kind.PROGRAM);
    try {
      return new KernelProgram(bpf, ProgramInfo.program(bpf, fd.number()), fd);
    } catch (RuntimeException failed) {
      fd.close();
      throw failed;
    }
  }

  /**
   * As {@link #load(BpfObject)}, with LIBBPF_PIN_BY_NAME obeyed: such maps are taken from {@code
   * pinRoot} if they are there and have the same shape, and pinned there if not. Without a root, no
   * map is pinned.
   *
   * @param pinRoot a directory of a BPF file system, as libbpf's /sys/fs/bpf; made if only its last
   *     name is missing
   */
  public LoadedObject load(BpfObject object, Path pinRoot) {
    return new Pinning(this, pinRoot).load(object);
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
    return judge(program, maps, new LoadOptions(logLevel, maxLogBytes, null, false));
  }

  /**
   * How a program is loaded.
   *
   * @param logLevel BPF_LOG_* bits; 0 for no log
   * @param maxLogBytes where to cut the log; a program with a longer one gets the errno ENOSPC
   * @param target the loaded program that this one replaces or traces, or null: then {@link
   *     Program#attachProgram} is taken as it was loaded here, or is loaded for the time of the
   *     command
   * @param bindAll whether the program holds maps that it does not use (Linux 6.14)
   */
  public record LoadOptions(
      int logLevel, long maxLogBytes, @Nullable KernelProgram target, boolean bindAll) {
    public static final LoadOptions DEFAULT = new LoadOptions(0, Long.MAX_VALUE, null, false);

    public LoadOptions withLogLevel(int level) {
      return new LoadOptions(level, maxLogBytes, target, bindAll);
    }

    public LoadOptions withTarget(@Nullable KernelProgram program) {
      return new LoadOptions(logLevel, maxLogBytes, program, bindAll);
    }

    public LoadOptions withBindAll(boolean bind) {
      return new LoadOptions(logLevel, maxLogBytes, target, bind);
    }
  }

  /**
   * As {@link #judge(Program, List, int)}, with all that can be said about a load.
   *
   * @throws BpfErrnoException ESRCH if the kernel's types do not have what the program attaches to
   */
  public KernelVerdict judge(Program program, List<? extends BpfMap> maps, LoadOptions options) {
    int[] mapFds = new int[maps.size()];
    for (int i = 0; i < mapFds.length; i++) {
      if (!(maps.get(i) instanceof KernelMap map)) {
        throw new IllegalArgumentException("map " + i + " is not in the kernel");
      }
      mapFds[i] = map.fd();
    }
    try (LoadTarget target = LoadTarget.of(this, program, options.target());
        ModuleFds modules = ModuleFds.of(bpf, program.modules());
        BtfFd btf = BtfFd.of(bpf, program.btf())) {
      ProgramLoad.Descriptors fds =
          new ProgramLoad.Descriptors(
              mapFds,
              modules.numbers(),
              btf.number(),
              target.typeId(),
              target.fd(),
              options.bindAll());
      ProgramLoad.Result result =
          new ProgramLoad(bpf, program, fds).load(options.logLevel(), options.maxLogBytes());
      return new KernelVerdict(
          Math.max(0, -result.fd()),
          result.log(),
          result.logBytes(),
          result.fd() < 0 ? null : loaded(program, result.fd()),
          result.nanos());
    }
  }

  private KernelProgram loaded(Program program, int fd) {
    KernelProgram loaded = new KernelProgram(bpf, program, bpf.own(fd));
    programs.add(loaded);
    return loaded;
  }

  /** What was loaded here of a program and is not closed yet, or null. */
  @SuppressWarnings("ReferenceEquality") // two loads of equal programs are two programs
  @Nullable KernelProgram loaded(Program program) {
    synchronized (programs) {
      for (KernelProgram candidate : programs) {
        if (candidate.program() == program && candidate.isOpen()) {
          return candidate;
        }
      }
    }
    return null;
  }

  Bpf bpf() {
    return bpf;
  }

  @Override
  public KernelProgram load(Program program, List<? extends BpfMap> maps) {
    return load(program, maps, LoadOptions.DEFAULT);
  }

  /**
   * As {@link #load(Program, List)}, with all that can be said about a load: how a program of type
   * ext, or one that traces another program, gets its target.
   */
  public KernelProgram load(Program program, List<? extends BpfMap> maps, LoadOptions options) {
    KernelVerdict verdict = judge(program, maps, options);
    if (verdict.program() == null && options.logLevel() == 0) {
      // The log costs time, so it is asked for only now.
      verdict = judge(program, maps, options.withLogLevel(1));
    }
    if (verdict.program() != null) {
      return verdict.program();
    }
    String name = "program \"" + program.name() + "\"";
    if (verdict.log().isEmpty()) {
      throw new BpfErrnoException(
          verdict.errno(), "load of " + name, advice().ofProgram(verdict.errno(), program.type()));
    }
    throw new RejectedException(
        name + ": " + VerifierText.lastError(verdict.log()), verdict.errno(), -1, verdict.log());
  }

  private Advice advice() {
    return Advice.of(bpf);
  }

  @Override
  public LoadedObject load(BpfObject object) {
    KernelExterns.resolve(object);
    return ObjectLoader.load(this, object);
  }

  @Override
  public LoadedObject load(BpfObject object, Map<String, ? extends BpfMap> reused) {
    KernelExterns.resolve(object);
    return ObjectLoader.load(this, object, reused);
  }

  @Override
  public boolean hasPerCpuData() {
    return KernelFeatures.of(bpf).has(Feature.PERCPU_DATA);
  }

  @Override
  public void close() {}
}

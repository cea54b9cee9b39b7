package dev.skep.run;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.ObjectLoader;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.interp.StepObserver;
import dev.skep.machine.Machine;
import dev.skep.map.Maps;
import dev.skep.map.ProgArrayStorage;
import dev.skep.map.VmMap;
import dev.skep.object.BpfObject;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The userspace engine: verifies, rewrites, then interprets or compiles. Programs and maps of one
 * Vm share its CPUs; close them before it.
 */
public final class Vm implements Engine {
  private final VmOptions options;
  private final Machine machine;
  private final KernelVariables variables;
  private final Maps maps;
  private final Programs programs = new Programs();
  private final Backend backend;
  private final Devices devices;
  private final TaskHelpers tasks;
  private final Timers timers;
  private final TestRuns testRuns;
  private boolean closed;

  Vm(VmOptions options, BackendFactory factory) {
    this.options = options;
    machine = Machine.ofMask(options.cpus());
    variables = new KernelVariables(machine.addressSpace(), options.hz());
    maps = new Maps(machine);
    maps.programs(programs);
    devices = new Devices(machine.addressSpace(), options.devices());
    maps.devices(ifindex -> devices.find(ifindex) != null);
    tasks = new TaskHelpers(machine.cpus(), machine.addressSpace(), options.kernel());
    timers = new Timers(maps, variables);
    HelperTable helpers = AllHelpers.of(maps, devices, variables, tasks, timers, options);
    backend = factory.make(machine, helpers, variables, programs);
    maps.programArrays(new ProgArrayStorage(backend.entersBehindPrologue(), options.guardedMaps()));
    testRuns = new TestRuns(maps, devices, variables);
  }

  /** Makes the engine's own part. */
  interface BackendFactory {
    Backend make(
        Machine machine, HelperTable helpers, KernelVariables variables, Programs programs);
  }

  /** An engine that interprets. */
  public static Vm interp(VmOptions options) {
    return new Vm(options, InterpreterBackend::new);
  }

  /**
   * An engine that interprets, and shows the registers of programs step by step, before each
   * instruction of the program that was verified.
   *
   * @param observers who watches a program that is loaded, null for nobody; an extension replaces
   *     functions of programs that nobody watches only
   */
  public static Vm observed(
      VmOptions options, Function<RunnableProgram, @Nullable StepObserver> observers) {
    return new Vm(
        options,
        (machine, helpers, variables, programs) ->
            new InterpreterBackend(machine, helpers, variables, programs, observers));
  }

  /**
   * An engine that compiles to machine code.
   *
   * @throws UnsupportedException on a host that is not x86-64 Linux
   */
  public static Vm jit(VmOptions options) {
    return compiling(options, false);
  }

  /**
   * As {@link #jit}, with the machine code that Linux has, instruction by instruction: slower tail
   * calls, but the very ones that run in the kernel.
   */
  public static Vm jitKernel(VmOptions options) {
    return compiling(options, true);
  }

  private static Vm compiling(VmOptions options, boolean kernelLayout) {
    return new Vm(
        options,
        (machine, helpers, variables, programs) ->
            new JitBackend(machine, helpers, variables, options.helpers().keySet(), kernelLayout));
  }

  @Override
  public String name() {
    return backend.name();
  }

  @Override
  public int cpus() {
    return machine.cpus().count();
  }

  /** CPUs, per-CPU memory, grace periods. */
  public Machine machine() {
    return machine;
  }

  /** Bytes of machine code of all programs and routines; 0 where programs are interpreted. */
  public long codeBytes() {
    return backend.codeBytes();
  }

  Backend backend() {
    return backend;
  }

  Programs programs() {
    return programs;
  }

  TestRuns testRuns() {
    return testRuns;
  }

  @Override
  public VmMap createMap(MapSpec spec) {
    return maps.create(spec);
  }

  @Override
  public VmProgram load(Program program, List<? extends BpfMap> given) {
    VerifierOptions verifier =
        new VerifierOptions(
            options.dialect(), options.host(), 1, Integer.MAX_VALUE, options.kernel());
    Program judged = GivenMaps.judged(program, given);
    VmProgram target = programs.extendedBy(judged);
    Verdict verdict = Verifier.verify(judged, verifier, target == null ? null : target.asTarget());
    String name = "program \"" + program.name() + "\": ";
    return switch (verdict) {
      case Verdict.Accepted accepted -> load(accepted, given, name);
      case Verdict.Rejected no -> throw rejected(name, no);
      case Verdict.Unsupported missing -> throw new UnsupportedException(name + missing.what());
    };
  }

  /** Rewrites refuse some programs, too: the log is that of the whole load then, as Linux's is. */
  private VmProgram load(Verdict.Accepted accepted, List<? extends BpfMap> given, String name) {
    try {
      return load(accepted.program(), given);
    } catch (RejectedException refused) {
      throw rejected(name, Rewriter.verdict(accepted, refused));
    }
  }

  private static RejectedException rejected(String name, Verdict.Rejected no) {
    return new RejectedException(name + no.message(), no.errno(), no.insn(), no.log());
  }

  /**
   * Loads a program that was verified before, for a machine like this one; {@code given} stand for
   * its maps, in order.
   *
   * @throws IllegalArgumentException if one is another map than the program was verified with
   */
  public VmProgram load(VerifiedProgram verified, List<? extends BpfMap> given) {
    GivenMaps.check(verified.program(), given);
    KernelPointers.check(verified);
    RewriteOptions rewrites = backend.rewrites(options.rewrites());
    return load(verified, Rewriter.rewrite(verified, rewrites), given);
  }

  private VmProgram load(
      VerifiedProgram verified, RunnableProgram program, List<? extends BpfMap> given) {
    List<VmMap> own = retained(given);
    Executable executable;
    long start = System.nanoTime();
    try {
      executable = backend.load(program, own);
    } catch (RuntimeException refused) {
      own.forEach(VmMap::release);
      throw refused;
    }
    long nanos = System.nanoTime() - start;
    ProgramKind kind = ProgramKind.of(program, verified.attachPrototype(), own);
    VmProgram loaded = new VmProgram(this, verified, program, kind, own, executable, nanos);
    loaded.joinArrays();
    return loaded;
  }

  private List<VmMap> retained(List<? extends BpfMap> given) {
    List<VmMap> own = new ArrayList<>();
    for (BpfMap map : given) {
      if (!(map instanceof VmMap mine) || mine.machine() != machine || !mine.retain()) {
        own.forEach(VmMap::release);
        throw new IllegalArgumentException("closed or another engine's: " + map);
      }
      own.add(mine);
    }
    return own;
  }

  @Override
  public LoadedObject load(BpfObject object) {
    return ObjectLoader.load(this, object);
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    timers.close();
    maps.settle();
    machine.gracePeriods().synchronize();
    testRuns.close();
    devices.close();
    tasks.close();
    backend.close();
    variables.close();
    machine.close();
  }
}

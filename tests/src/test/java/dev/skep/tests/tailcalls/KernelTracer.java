package dev.skep.tests.tailcalls;

import dev.skep.engine.Link;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.isa.Assembler;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelEngine.LoadOptions;
import dev.skep.linux.KernelMap;
import dev.skep.linux.KernelProgram;
import dev.skep.linux.link.BtfHook;
import dev.skep.program.AttachType;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.tests.engines.Engines;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;

/** Counts entries and exits of functions in the kernel, by programs at fentry and fexit. */
final class KernelTracer implements AutoCloseable {
  private final KernelEngine engine;
  private final KernelMap counters;
  private final Deque<KernelProgram> programs = new ArrayDeque<>();
  private final Deque<Link> links = new ArrayDeque<>();

  KernelTracer(KernelEngine engine) {
    this.engine = engine;
    counters = engine.createMap(MapSpec.of("counters", MapType.ARRAY, 4, 16, 1, 0));
  }

  /** Traces a function of a program; skips the test where the machine forbids it. */
  void trace(LoadedProgram program, String function, boolean exits) {
    count(program, function, AttachType.TRACE_FENTRY, 0);
    if (exits) {
      count(program, function, AttachType.TRACE_FEXIT, 8);
    }
  }

  private void count(LoadedProgram program, String function, AttachType where, int offset) {
    String text =
        """
        r1 = map[0][0]+%d
        r2 = *(u64 *)(r1 +0)
        r2 += 1
        *(u64 *)(r1 +0) = r2
        r0 = 0
        exit
        """
            .formatted(offset);
    Program counting =
        new Program(
            "trace",
            "",
            ProgramType.TRACING,
            where.number(),
            0,
            "GPL",
            Assembler.assemble(text),
            List.of(counters.spec()),
            List.of(),
            List.of(),
            null,
            function);
    LoadOptions options = LoadOptions.DEFAULT.withTarget((KernelProgram) program);
    programs.push(load(counting, options));
    links.push(programs.getFirst().attach(BtfHook.OF_PROGRAM));
  }

  private KernelProgram load(Program counting, LoadOptions options) {
    try {
      return engine.load(counting, List.of(counters), options);
    } catch (BpfErrnoException refused) {
      Assumptions.assumeFalse(
          refused.errno() == Errno.EPERM, "this machine refuses programs of type tracing: EPERM");
      throw refused;
    }
  }

  /** Entries and exits until now. */
  List<Long> counts() {
    byte[] value = Objects.requireNonNull(counters.lookup(Engines.u32(0)));
    return List.of(
        Engines.number(Arrays.copyOf(value, 8)), Engines.number(Arrays.copyOfRange(value, 8, 16)));
  }

  @Override
  public void close() {
    links.forEach(Link::close);
    programs.forEach(KernelProgram::close);
    counters.close();
  }
}

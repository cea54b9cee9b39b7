package dev.skep.tests.tailcalls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.LoadedObject;
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
import dev.skep.testing.Check;
import dev.skep.tests.engines.Engines;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs at the entry and exit of functions that tail-call: the count goes through them. */
@ParameterizedClass
@ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
@Check(71)
final class TracedTailCallsTest {
  private static final int BUDGET = 33;

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final KernelEngine engine;
  private final LoadedObject subprograms;
  private final KernelMap counters;

  TracedTailCallsTest(String name) {
    Assumptions.assumeTrue(name.equals("linux"), "only the engine linux traces programs");
    engine = owned((KernelEngine) Engines.open(name));
    subprograms = owned(engine.load(TailCallObjects.open("subprograms.bpf.o")));
    counters = owned(engine.createMap(MapSpec.of("counters", MapType.ARRAY, 4, 16, 1, 0)));
  }

  private <T extends AutoCloseable> T owned(T resource) {
    open.push(resource);
    return resource;
  }

  @AfterEach
  void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  /** Counts the entries of a function in the first word, or its exits in the second. */
  private void trace(AttachType where, String program, String function) {
    KernelProgram target = (KernelProgram) subprograms.program(program);
    String text =
        """
        r1 = map[0][0]+%d
        r2 = *(u64 *)(r1 +0)
        r2 += 1
        *(u64 *)(r1 +0) = r2
        r0 = 0
        exit
        """
            .formatted(where == AttachType.TRACE_FENTRY ? 0 : 8);
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
    LoadOptions options = LoadOptions.DEFAULT.withTarget(target);
    owned(load(counting, options).attach(BtfHook.OF_PROGRAM));
  }

  private KernelProgram load(Program counting, LoadOptions options) {
    try {
      return owned(engine.load(counting, List.of(counters), options));
    } catch (BpfErrnoException refused) {
      Assumptions.assumeFalse(
          refused.errno() == Errno.EPERM, "this machine refuses programs of type tracing: EPERM");
      throw refused;
    }
  }

  /** Entries and exits. */
  private List<Long> traced() {
    byte[] value = Objects.requireNonNull(counters.lookup(Engines.u32(0)));
    return List.of(
        Engines.number(Arrays.copyOf(value, 8)), Engines.number(Arrays.copyOfRange(value, 8, 16)));
  }

  private long variable(String name) {
    return subprograms.variable(name).getLong();
  }

  /** The subprogram of tailcall_bpf2bpf_2. */
  @Test
  void aSubprogramThatCallsItself() {
    trace(AttachType.TRACE_FENTRY, "self_0", "self_tail");
    trace(AttachType.TRACE_FEXIT, "self_0", "self_tail");
    TailCallObjects.put(subprograms, "self", 0, "self_0");
    assertThat(TailCallObjects.run(subprograms, "self_entry")).isEqualTo(1);
    assertThat(variable("selfs")).isEqualTo(BUDGET);
    assertThat(traced()).containsExactly((long) BUDGET, (long) BUDGET);
    subprograms.map("self").delete(Engines.u32(0));
    assertThat(TailCallObjects.run(subprograms, "self_entry")).isZero();
    assertThat(traced()).containsExactly((long) BUDGET, (long) BUDGET);
  }

  /** The subprogram of tailcall_bpf2bpf_hierarchy_1, called twice a run. */
  @Test
  void aSubprogramThatIsCalledTwice() {
    trace(AttachType.TRACE_FENTRY, "tree_entry", "tree_tail");
    trace(AttachType.TRACE_FEXIT, "tree_entry", "tree_tail");
    TailCallObjects.put(subprograms, "tree", 0, "tree_entry");
    assertThat(TailCallObjects.run(subprograms, "tree_entry")).isEqualTo(1);
    assertThat(variable("trees")).isEqualTo(BUDGET + 1);
    assertThat(traced()).containsExactly(68L, 68L);
    subprograms.map("tree").delete(Engines.u32(0));
    assertThat(TailCallObjects.run(subprograms, "tree_entry")).isEqualTo(1);
    assertThat(variable("trees")).isEqualTo(BUDGET + 2);
    assertThat(traced()).containsExactly(70L, 70L);
  }

  /** Tail calls jump over the place where the entry is traced. */
  @Test
  void theEntryIsTracedOnce() {
    trace(AttachType.TRACE_FENTRY, "tree_entry", "tree_entry");
    TailCallObjects.put(subprograms, "tree", 0, "tree_entry");
    assertThat(TailCallObjects.run(subprograms, "tree_entry")).isEqualTo(1);
    assertThat(variable("trees")).isEqualTo(BUDGET + 1);
    assertThat(traced()).containsExactly(1L, 0L);
  }
}

package dev.skep.tests.tailcalls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.linux.KernelEngine;
import dev.skep.run.CodeTracer;
import dev.skep.testing.Check;
import dev.skep.tests.engines.Engines;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Functions that tail-call are traced at entry and exit, as the kernel does it: the count of tail
 * calls goes through the trampoline.
 */
@ParameterizedClass
@ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
@Check(71)
final class TracedTailCallsTest {
  private static final int BUDGET = 33;

  /** Traces a function of a program. */
  private interface Tracer {
    void trace(String program, String function, boolean exits);
  }

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final LoadedObject subprograms;
  private final Tracer tracer;
  private final Supplier<List<Long>> counts;

  TracedTailCallsTest(String name) {
    Assumptions.assumeTrue(
        List.of("linux", "jit-kernel").contains(name),
        "the functions of this engine have no place where they are traced");
    Engine engine = owned(Engines.open(name));
    subprograms = owned(engine.load(TailCallObjects.open("subprograms.bpf.o")));
    if (engine instanceof KernelEngine kernel) {
      KernelTracer own = owned(new KernelTracer(kernel));
      tracer =
          (program, function, exits) -> own.trace(subprograms.program(program), function, exits);
      counts = own::counts;
    } else {
      CodeTracer own = new CodeTracer(engine);
      open.addLast(own);
      tracer =
          (program, function, exits) -> own.trace(subprograms.program(program), function, exits);
      counts = own::counts;
    }
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

  private long variable(String name) {
    return subprograms.variable(name).getLong();
  }

  /** The subprogram of tailcall_bpf2bpf_2. */
  @Test
  void aSubprogramThatCallsItself() {
    tracer.trace("self_0", "self_tail", true);
    TailCallObjects.put(subprograms, "self", 0, "self_0");
    assertThat(TailCallObjects.run(subprograms, "self_entry")).isEqualTo(1);
    assertThat(variable("selfs")).isEqualTo(BUDGET);
    assertThat(counts.get()).containsExactly((long) BUDGET, (long) BUDGET);
    subprograms.map("self").delete(Engines.u32(0));
    assertThat(TailCallObjects.run(subprograms, "self_entry")).isZero();
    assertThat(counts.get()).containsExactly((long) BUDGET, (long) BUDGET);
  }

  /** The subprogram of tailcall_bpf2bpf_hierarchy_1, called twice a run. */
  @Test
  void aSubprogramThatIsCalledTwice() {
    tracer.trace("tree_entry", "tree_tail", true);
    TailCallObjects.put(subprograms, "tree", 0, "tree_entry");
    assertThat(TailCallObjects.run(subprograms, "tree_entry")).isEqualTo(1);
    assertThat(variable("trees")).isEqualTo(BUDGET + 1);
    assertThat(counts.get()).containsExactly(68L, 68L);
    subprograms.map("tree").delete(Engines.u32(0));
    assertThat(TailCallObjects.run(subprograms, "tree_entry")).isEqualTo(1);
    assertThat(variable("trees")).isEqualTo(BUDGET + 2);
    assertThat(counts.get()).containsExactly(70L, 70L);
  }

  /** Tail calls jump over the place where the entry is traced. */
  @Test
  void theEntryIsTracedOnce() {
    tracer.trace("tree_entry", "tree_entry", false);
    TailCallObjects.put(subprograms, "tree", 0, "tree_entry");
    assertThat(TailCallObjects.run(subprograms, "tree_entry")).isEqualTo(1);
    assertThat(variable("trees")).isEqualTo(BUDGET + 1);
    assertThat(counts.get()).containsExactly(1L, 0L);
  }
}

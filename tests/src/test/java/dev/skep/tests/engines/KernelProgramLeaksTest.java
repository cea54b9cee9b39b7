package dev.skep.tests.engines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.engine.TestRun;
import dev.skep.errors.RejectedException;
import dev.skep.isa.InsnWord;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelMap;
import dev.skep.linux.KernelObjects;
import dev.skep.linux.KernelProgram;
import dev.skep.program.FuncInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Programs of the kernel leave nothing behind: no descriptor, no mapping, no off-heap block, no
 * program, map or BTF. The system property skep.leak.cycles sets the number of cycles.
 */
final class KernelProgramLeaksTest {
  private static final int CYCLES = Integer.getInteger("skep.leak.cycles", 500);
  private static final int WARM_UP = 50;

  /** No other process gives its programs this name. */
  private static final String NAME = "leak" + ProcessHandle.current().pid() % 10_000_000;

  private static final MapSpec MAP = MapSpec.of(NAME, MapType.ARRAY, 4, 8, 1, 0);

  @BeforeEach
  void needsBpf() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
  }

  /** Reads the map's value; with BTF and the function's name. */
  private static Program program(int exitCode) {
    BtfBuilder builder = BtfBuilder.create();
    int integer = builder.add(new BtfType.Int("int", 4, 1, 0, 32));
    int proto = builder.add(new BtfType.FuncProto(integer, List.of()));
    int main = builder.add(new BtfType.Func("main", proto, BtfType.FUNC_STATIC));
    Btf btf = builder.build();
    long[] insns = {
      InsnWord.of(0x18, 1, 2, 0, 0),
      InsnWord.of(0, 0, 0, 0, 0),
      InsnWord.of(0x79, 0, 1, 0, 0),
      InsnWord.of(exitCode, 0, 0, 0, 0)
    };
    return new Program(
        NAME,
        "",
        ProgramType.SCHED_CLS,
        0,
        0,
        "GPL",
        insns,
        List.of(MAP),
        List.of(new FuncInfo(0, main)),
        List.of(),
        btf,
        null);
  }

  private static void repeat(Runnable cycle) {
    for (int i = 0; i < WARM_UP; i++) {
      cycle.run();
    }
    Leaks before = Leaks.now();
    for (int i = 0; i < CYCLES; i++) {
      cycle.run();
    }
    assertThat(Leaks.now().since(before)).isEmpty();
    assertThat(left()).isZero();
  }

  /** Programs and their maps go away a grace period after their last descriptor. */
  private static long left() {
    long left = Long.MAX_VALUE;
    for (int i = 0; i < 100 && left > 0; i++) {
      try {
        Thread.sleep(20);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      KernelObjects kernel = KernelObjects.host();
      left =
          kernel.programs().stream().filter(p -> p.name().equals(NAME)).count()
              + kernel.maps().stream().filter(m -> m.name().equals(NAME)).count();
    }
    return left;
  }

  @Test
  void loadedPrograms() {
    Program program = program(0x95);
    try (KernelEngine engine = KernelEngine.host()) {
      repeat(() -> {
        try (KernelMap map = engine.createMap(MAP);
            KernelProgram loaded = engine.load(program, List.of(map))) {
          assertThat(loaded.testRun(TestRun.of(new byte[64])).retval()).isZero();
          assertThat(loaded.info().mapIds()).hasSize(1);
        }
      });
    }
  }

  /** The last instruction is no exit: the program is refused, with a log. */
  @Test
  void refusedPrograms() {
    Program program = program(0xbf);
    try (KernelEngine engine = KernelEngine.host()) {
      repeat(() -> {
        try (KernelMap map = engine.createMap(MAP)) {
          assertThatThrownBy(() -> engine.load(program, List.of(map)))
              .isInstanceOf(RejectedException.class);
        }
      });
    }
  }
}

package dev.skep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.ProgramArray;
import dev.skep.engine.TestRun;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.Assembler;
import dev.skep.map.VmMap;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A helper in Java changes the program array that the program calling it then jumps through. */
@Timeout(60)
class ChangesInsideRunsTest {
  private static final int GET_PRANDOM_U32 = 7;
  private static final int NOTHING = 1;
  private static final int P = 2;
  private static final int Q = 3;

  private Runnable change = () -> {};
  private int errno;

  private Vm open(String engine) {
    VmOptions options =
        VmOptions.ofCpus(2)
            .withHelper(
                GET_PRANDOM_U32,
                (cpu, r1, r2, r3, r4, r5) -> {
                  errno = 0;
                  try {
                    change.run();
                  } catch (BpfErrnoException refused) {
                    errno = refused.errno();
                  }
                  return 0;
                });
    try {
      return switch (engine) {
        case "interp" -> Vm.interp(options);
        case "jit" -> Vm.jit(options);
        case "jit-kernel" -> Vm.jitKernel(options);
        default -> throw new IllegalArgumentException(engine);
      };
    } catch (UnsupportedException missing) {
      Assumptions.abort(String.valueOf(missing.getMessage()));
      throw missing;
    }
  }

  private static VmProgram load(Vm vm, String text, VmMap... maps) {
    List<MapSpec> specs = List.of(maps).stream().map(VmMap::spec).toList();
    Program program = Program.of("p", ProgramType.XDP, "GPL", Assembler.assemble(text), specs);
    return vm.load(program, List.of(maps));
  }

  private static VmProgram caller(Vm vm, VmMap map) {
    return load(
        vm,
        """
        r6 = r1
        call #7
        r1 = r6
        r2 = map[0]
        r3 = 1
        call #12
        r0 = 1
        exit
        """,
        map);
  }

  private int run(VmProgram program, Runnable inside) {
    change = inside;
    return program.testRun(TestRun.of(new byte[64])).retval();
  }

  /** Only the kernel's layout has to wait for runs before it empties a slot. */
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void theRunGoesWhereItsHelperHasPutIt(String engine) {
    try (Vm vm = open(engine);
        VmMap map = vm.createMap(MapSpec.of("jumps", MapType.PROG_ARRAY, 4, 4, 3, 0));
        VmProgram p = load(vm, "r0 = 2\nexit");
        VmProgram q = load(vm, "r0 = 3\nexit");
        VmProgram caller = caller(vm, map)) {
      ProgramArray array = map.programArray();
      assertThat(run(caller, () -> {})).isEqualTo(NOTHING);
      assertThat(run(caller, () -> array.set(1, p))).isEqualTo(P);
      assertThat(run(caller, () -> array.set(1, q))).isEqualTo(Q);
      boolean refused = engine.equals("jit-kernel");
      int result = run(caller, () -> array.remove(1));
      assertThat(errno).isEqualTo(refused ? Errno.EDEADLK : 0);
      assertThat(result).isEqualTo(refused ? Q : NOTHING);
      assertThat(array.ids().isEmpty()).isNotEqualTo(refused);
      array.set(0, p);
      assertThat(run(caller, () -> array.remove(0))).isEqualTo(refused ? Q : NOTHING);
      assertThat(errno).as("no direct jump goes through slot 0").isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void theArrayMayBeClosedInsideARun(String engine) {
    try (Vm vm = open(engine)) {
      VmMap map = vm.createMap(MapSpec.of("jumps", MapType.PROG_ARRAY, 4, 4, 3, 0));
      try (VmProgram p = load(vm, "r0 = 2\nexit");
          VmProgram caller = caller(vm, map)) {
        map.programArray().set(1, p);
        assertThat(run(caller, map::close)).isIn(P, NOTHING);
        long end = System.nanoTime() + 20_000_000_000L;
        while (p.membership().slots() > 0 && System.nanoTime() < end) {
          Thread.onSpinWait();
        }
        assertThat(p.membership().slots()).isZero();
        assertThat(run(caller, () -> {})).isEqualTo(NOTHING);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void aProgramMayBeLoadedAndPutInInsideARun(String engine) {
    try (Vm vm = open(engine);
        VmMap map = vm.createMap(MapSpec.of("jumps", MapType.PROG_ARRAY, 4, 4, 3, 0));
        VmProgram caller = caller(vm, map)) {
      int result =
          run(
              caller,
              () -> {
                try (VmProgram fresh = load(vm, "r0 = 3\nexit")) {
                  map.programArray().set(1, fresh);
                }
              });
      assertThat(result).as("the slot holds what its creator has closed").isEqualTo(Q);
    }
  }
}

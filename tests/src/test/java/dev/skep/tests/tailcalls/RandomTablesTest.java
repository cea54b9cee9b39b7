package dev.skep.tests.tailcalls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.ladder.KernelHazard;
import dev.skep.testing.Check;
import dev.skep.tests.engines.Engines;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random tables of programs do what {@link TableRun} says, on every engine and in every form, while
 * slots change between runs. -Dskep.tables=N has N of them, -Dskep.seed=S begins elsewhere.
 */
final class RandomTablesTest {
  private static final int TABLES = Integer.getInteger("skep.tables", 60);
  private static final long SEED = Long.getLong("skep.seed", 1);
  private static final int CHANGES = 6;

  static List<String> engines() {
    List<String> all = new ArrayList<>(TailCallSemanticsTest.engines());
    all.addAll(List.of("jit/blinded", "jit-kernel/blinded"));
    return all;
  }

  @ParameterizedTest
  @MethodSource("engines")
  @Check(72)
  void everyFormDoesTheSame(String name) {
    long taken = 0;
    try (Engine engine = Engines.open(name)) {
      for (long seed = SEED; seed < SEED + TABLES; seed++) {
        for (Form form : Form.values()) {
          taken += check(engine, form, seed, false);
        }
      }
    }
    assertThat(taken).isGreaterThan(TABLES);
  }

  /** Without privileges a tail call has one array, whose index is cut. */
  @ParameterizedTest
  @ValueSource(strings = {"interp/guarded", "jit/guarded", "jit-kernel/guarded"})
  @Check({45, 72})
  void guardedMapsDoTheSame(String name) {
    long taken = 0;
    try (Engine engine = Engines.open(name)) {
      for (long seed = SEED; seed < SEED + TABLES; seed++) {
        taken += check(engine, Form.DIRECT, seed, true);
        taken += check(engine, Form.STATIC, seed, true);
      }
    }
    assertThat(taken).isGreaterThan(TABLES);
  }

  /** How many tail calls were taken: none where the engine cannot take the table. */
  private static long check(Engine engine, Form form, long seed, boolean guarded) {
    TableGenerator generator = new TableGenerator(seed, !guarded);
    Table table = generator.table();
    int[][] slots = generator.slots(table);
    TableRun wanted = new TableRun(table, slots, guarded);
    try (Rig rig = new Rig(engine, table.arraySizes())) {
      List<LoadedProgram> programs = new ArrayList<>();
      for (int i = 0; i < table.programs().size(); i++) {
        String text = TableText.of(table, i, form);
        if (engine.name().equals("linux") && KernelHazard.isHazard(rig.program(text))) {
          return 0;
        }
        programs.add(rig.load(text));
      }
      fill(rig, slots, programs);
      for (int change = 0; change <= CHANGES; change++) {
        String where = "seed %d, %s, after %d changes".formatted(seed, form, change);
        assertThat(Rig.run(programs.getFirst())).as(where).isEqualTo(wanted.enter());
        assertThat(rig.word(0)).as(where).isEqualTo(wanted.trace());
        apply(rig, slots, generator.change(table), programs);
      }
      return wanted.allTaken();
    }
  }

  private static void fill(Rig rig, int[][] slots, List<LoadedProgram> programs) {
    for (int array = 0; array < slots.length; array++) {
      for (int slot = 0; slot < slots[array].length; slot++) {
        if (slots[array][slot] >= 0) {
          rig.put(array, slot, programs.get(slots[array][slot]));
        }
      }
    }
  }

  private static void apply(Rig rig, int[][] slots, int[] change, List<LoadedProgram> programs) {
    int array = change[0];
    int slot = change[1];
    if (change[2] >= 0) {
      rig.put(array, slot, programs.get(change[2]));
    } else if (slots[array][slot] >= 0) {
      rig.remove(array, slot);
    }
    slots[array][slot] = change[2];
  }
}

package dev.skep.tests.tailcalls;

import dev.skep.tests.tailcalls.Table.Call;
import dev.skep.tests.tailcalls.Table.ChoosingJump;
import dev.skep.tests.tailcalls.Table.ComputedJump;
import dev.skep.tests.tailcalls.Table.Function;
import dev.skep.tests.tailcalls.Table.Helper;
import dev.skep.tests.tailcalls.Table.Jump;
import dev.skep.tests.tailcalls.Table.Mix;
import dev.skep.tests.tailcalls.Table.Source;
import dev.skep.tests.tailcalls.Table.Statement;
import dev.skep.tests.tailcalls.Table.Trace;
import dev.skep.tests.tailcalls.Table.WideJump;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Tables of programs, and what is in their slots, by seed. */
final class TableGenerator {
  private static final int MAX_PROGRAMS = 6;
  private static final int MAX_FUNCTIONS = 3;
  private static final int MAX_STATEMENTS = 7;
  private static final int MAX_SLOTS = 6;

  private final SplittableRandom random;
  private final int[] arraySizes;
  private final boolean choosing;

  /**
   * @param choosing whether a tail call may have one of two arrays
   */
  TableGenerator(long seed, boolean choosing) {
    this.choosing = choosing;
    random = new SplittableRandom(seed);
    arraySizes = new int[2 + random.nextInt(2)];
    for (int i = 0; i < arraySizes.length; i++) {
      arraySizes[i] = 1 + random.nextInt(MAX_SLOTS);
    }
  }

  Table table() {
    List<Source> programs = new ArrayList<>();
    int count = 1 + random.nextInt(MAX_PROGRAMS);
    for (int i = 0; i < count; i++) {
      List<Function> functions = new ArrayList<>();
      int functionCount = 1 + random.nextInt(MAX_FUNCTIONS);
      for (int f = 0; f < functionCount; f++) {
        functions.add(function(10 * i + f, f, functionCount));
      }
      programs.add(new Source(functions));
    }
    return new Table(arraySizes, programs);
  }

  /** Calls the function after it, so that each is called. */
  private Function function(int name, int number, int count) {
    List<Statement> statements = new ArrayList<>();
    statements.add(new Trace(name));
    int length = 1 + random.nextInt(MAX_STATEMENTS);
    for (int i = 0; i < length; i++) {
      statements.add(statement(number, count));
    }
    if (number + 1 < count) {
      statements.add(1 + random.nextInt(length + 1), new Call(number + 1));
    }
    int contextHome = random.nextInt(3) == 0 ? 0 : 6 + random.nextInt(4);
    int sumHome = random.nextInt(3) == 0 ? 0 : 6 + random.nextInt(4);
    if (sumHome == contextHome) {
      sumHome = 0;
    }
    int stackBytes = random.nextInt(3) == 0 ? 8 * random.nextInt(6) : 0;
    return new Function(name, contextHome, sumHome, stackBytes, statements);
  }

  private Statement statement(int number, int count) {
    int array = random.nextInt(arraySizes.length);
    return switch (random.nextInt(12)) {
      case 0 -> new Trace(random.nextInt(100));
      case 1, 2 -> new Mix(random.nextInt(100));
      case 3 ->
          number + 1 < count
              ? new Call(number + 1 + random.nextInt(count - number - 1))
              : new Mix(1);
      case 4 -> new ComputedJump(array, (1 << random.nextInt(4)) - 1, random.nextInt(3));
      case 5 -> choosingJump(array);
      case 6 -> new Jump(array, oddKey(arraySizes[array]));
      case 7 -> new WideJump(array, random.nextInt(arraySizes[array] + 1));
      case 8 -> new Helper(random.nextBoolean());
      default -> new Jump(array, random.nextInt(arraySizes[array]));
    };
  }

  private Statement choosingJump(int array) {
    int key = random.nextInt(arraySizes[array] + 1);
    return choosing
        ? new ChoosingJump(array, (array + 1) % arraySizes.length, key)
        : new Jump(array, key);
  }

  private long oddKey(int size) {
    int inside = random.nextInt(size);
    return switch (random.nextInt(4)) {
      case 0 -> size;
      case 1 -> -1 - random.nextInt(3);
      case 2 -> (1L + random.nextInt(5) << 32) + inside;
      default -> (1L << 32) + size;
    };
  }

  /** Which program is in each slot of each array, -1 for none. */
  int[][] slots(Table table) {
    int[][] slots = new int[arraySizes.length][];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = new int[arraySizes[i]];
      for (int slot = 0; slot < slots[i].length; slot++) {
        slots[i][slot] = program(table);
      }
    }
    return slots;
  }

  private int program(Table table) {
    return random.nextInt(4) == 0 ? -1 : random.nextInt(table.programs().size());
  }

  /** Fills, replaces or empties a slot: array, slot, program. */
  int[] change(Table table) {
    int array = random.nextInt(arraySizes.length);
    return new int[] {array, random.nextInt(arraySizes[array]), program(table)};
  }
}

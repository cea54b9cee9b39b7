package dev.skep.tests.tailcalls;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.TestRun;
import dev.skep.isa.Assembler;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.program.FuncInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.tests.engines.Engines;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/**
 * An engine with programs of type sched_cls, written as text, and the maps that they use:
 *
 * <pre>
 *   map[0]    numbers: i is at 4 * i of its value, which the verifier does not know
 *   map[1]    state: 64-bit words, which tests read and set
 *   map[2]..  program arrays
 * </pre>
 */
final class Rig implements AutoCloseable {
  /** The first program array among the maps. */
  static final int FIRST_ARRAY = 2;

  /** How many numbers there are. */
  static final int NUMBERS = 64;

  private static final int WORDS = 32;

  private final Engine engine;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final List<BpfMap> maps = new ArrayList<>();

  /** An engine of its own; skips the test where there is no such engine. */
  Rig(String engineName, int... arraySizes) {
    this(Engines.open(engineName), arraySizes);
    open.addLast(engine);
  }

  /** On an engine that others use too. */
  Rig(Engine engine, int... arraySizes) {
    this.engine = engine;
    int[] numbers = new int[NUMBERS];
    Arrays.setAll(numbers, i -> i);
    map(MapSpec.of("numbers", MapType.ARRAY, 4, 4 * NUMBERS, 1, 0));
    maps.getFirst().update(Engines.u32(0), Engines.u32(numbers), 0);
    map(MapSpec.of("state", MapType.ARRAY, 4, 8 * WORDS, 1, 0));
    for (int size : arraySizes) {
      map(MapSpec.of("jumps", MapType.PROG_ARRAY, 4, 4, size, 0));
    }
  }

  private void map(MapSpec spec) {
    BpfMap map = engine.createMap(spec);
    open.push(map);
    maps.add(map);
  }

  /** The address of a number, to be loaded into a register. */
  static String number(int value) {
    return "map[0][0]+%d\n".formatted(4 * value);
  }

  /** Adds to a word of the state; uses R2 and R3. */
  static String add(int word, int amount) {
    return """
    r2 = map[1][0]+%d
    r3 = *(u64 *)(r2 +0)
    r3 += %d
    *(u64 *)(r2 +0) = r3
    """
        .formatted(8 * word, amount);
  }

  /** The program as it would be loaded, with the types of its functions. */
  Program program(String text) {
    return program(ProgramType.SCHED_CLS, text);
  }

  private Program program(ProgramType type, String text) {
    long[] insns = Assembler.assemble(text);
    TreeSet<Integer> starts = new TreeSet<>(List.of(0));
    for (int i = 0; i < insns.length; i++) {
      boolean call = InsnWord.code(insns[i]) == Opcodes.CALL_CODE;
      if (call && InsnWord.src(insns[i]) == Opcodes.PSEUDO_CALL) {
        starts.add(i + 1 + InsnWord.imm(insns[i]));
      }
    }
    BtfBuilder builder = BtfBuilder.create();
    int integer = builder.add(new BtfType.Int("int", 4, 1, 0, 32));
    int proto = builder.add(new BtfType.FuncProto(integer, List.of()));
    List<FuncInfo> functions = new ArrayList<>();
    for (int start : starts) {
      int function = builder.add(new BtfType.Func("f" + start, proto, BtfType.FUNC_STATIC));
      functions.add(new FuncInfo(start, function));
    }
    Btf btf = builder.build();
    List<MapSpec> specs = maps.stream().map(BpfMap::spec).toList();
    return new Program("p", "", type, 0, 0, "GPL", insns, specs, functions, List.of(), btf, null);
  }

  LoadedProgram load(String text) {
    return load(ProgramType.SCHED_CLS, text);
  }

  LoadedProgram load(ProgramType type, String text) {
    LoadedProgram program = engine.load(program(type, text), maps);
    open.push(program);
    return program;
  }

  /** A program array, counted from 0. */
  BpfMap array(int number) {
    return maps.get(FIRST_ARRAY + number);
  }

  void put(int array, int slot, LoadedProgram program) {
    array(array).update(Engines.u32(slot), Engines.u32(program.slotValue()), 0);
  }

  void remove(int array, int slot) {
    array(array).delete(Engines.u32(slot));
  }

  /** One run with a packet of 64 bytes. */
  static int run(LoadedProgram program) {
    return run(program, 1);
  }

  static int run(LoadedProgram program, int times) {
    return program.testRun(TestRun.of(Engines.packet(0, 64)).withRepeat(times)).retval();
  }

  long word(int number) {
    byte[] value = Objects.requireNonNull(maps.get(1).lookup(Engines.u32(0)));
    return Engines.number(Arrays.copyOfRange(value, 8 * number, 8 * number + 8));
  }

  /** All words of the state as bytes. */
  byte[] state() {
    return Objects.requireNonNull(maps.get(1).lookup(Engines.u32(0)));
  }

  void clear() {
    maps.get(1).update(Engines.u32(0), new byte[8 * WORDS], 0);
  }

  @Override
  public void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}

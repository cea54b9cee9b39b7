package dev.skep.fuzz;

import dev.skep.isa.InsnWord;
import dev.skep.ladder.Sample;
import dev.skep.ladder.Sample.Element;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import java.util.ArrayList;
import java.util.List;

/** Makes a program with its inputs from a seed. */
public final class ProgramGenerator {
  private ProgramGenerator() {}

  /**
   * The program of a seed.
   *
   * @param wild percent of operations that are spoilt on purpose; 0 gives programs that are meant
   *     to be accepted and whose results do not depend on addresses, time or CPU
   */
  public static Sample generate(long seed, int wild) {
    Dice dice = new Dice(seed);
    Plan plan = new Plan(dice, TypeFacts.choose(dice), wild);
    int budget = dice.percent(10) ? dice.between(60, 160) : dice.between(4, 60);
    Program program = program(plan, budget);
    List<Program> targets = targets(plan);
    List<byte[]> packets = new ArrayList<>();
    List<byte[]> contexts = new ArrayList<>();
    for (int i = 0; i < 2 && plan.facts.runs(); i++) {
      Inputs.add(plan.facts, dice, packets, contexts);
    }
    List<List<Element>> contents = new ArrayList<>();
    plan.maps.forEach(map -> contents.add(contents(plan, map, targets.size())));
    String name = "seed " + seed + (wild == 0 ? "" : " wild " + wild);
    return new Sample(name, program, packets, contexts, contents, targets);
  }

  private static List<Program> targets(Plan plan) {
    List<Program> targets = new ArrayList<>();
    if (plan.pickMap(MapType.PROG_ARRAY) >= 0) {
      int count = plan.dice.below(3);
      for (int i = 0; i < count; i++) {
        targets.add(program(new Plan(plan), plan.dice.between(2, 30)));
      }
    }
    return targets;
  }

  private static Program program(Plan plan, int budget) {
    FunctionGenerator main = new FunctionGenerator(plan, 0, List.of(Value.CONTEXT), false, budget);
    main.generate();
    int[] starts = new int[plan.functions.size()];
    int length = 0;
    for (int i = 0; i < starts.length; i++) {
      starts[i] = length;
      length += plan.functions.get(i).code.length();
    }
    long[] insns = link(plan, starts, length);
    List<MapSpec> maps = List.copyOf(plan.maps);
    TypeInfo types = plan.typed ? TypeInfo.of(plan, starts, insns) : null;
    return new Program(
        "gen",
        "",
        plan.type,
        plan.facts.attachType,
        plan.facts.flags,
        "GPL",
        insns,
        maps,
        types == null ? List.of() : types.functions(),
        types == null ? List.of() : types.lines(),
        types == null ? null : types.btf(),
        null);
  }

  private static long[] link(Plan plan, int[] starts, int length) {
    long[] insns = new long[length];
    for (int i = 0; i < starts.length; i++) {
      FunctionGenerator function = plan.functions.get(i);
      long[] words = function.code.words();
      System.arraycopy(words, 0, insns, starts[i], words.length);
      for (FunctionGenerator.Link link : function.links) {
        int at = starts[i] + link.at();
        int target = starts[plan.functions.indexOf(link.callee())];
        insns[at] = InsnWord.withImm(insns[at], target - at - 1);
      }
    }
    return insns;
  }

  private static List<Element> contents(Plan plan, MapSpec map, int targets) {
    Dice dice = plan.dice;
    List<Element> elements = new ArrayList<>();
    if (map.keySize() == 0 || map.initial() != null) {
      return elements;
    }
    if (map.type() == MapType.PROG_ARRAY) {
      for (int i = 0; i < map.maxEntries(); i++) {
        boolean program = targets > 0 && dice.percent(70);
        if (program || dice.percent(40)) {
          byte[] value =
              program
                  ? new byte[] {(byte) dice.below(targets), 0, 0, 0}
                  : new byte[] {(byte) (i + 50 & plan.facts.resultMask())};
          elements.add(new Element(new byte[] {(byte) i, 0, 0, 0}, value));
        }
      }
      return elements;
    }
    boolean array =
        map.type() == MapType.ARRAY
            || map.type() == MapType.PERCPU_ARRAY
            || map.type() == MapType.ARRAY_OF_MAPS;
    int count = dice.below(Math.min(map.maxEntries(), 9) + 1);
    for (int i = 0; i < count; i++) {
      byte[] key = new byte[map.keySize()];
      MapSpec inner = map.inner();
      byte[] value = new byte[inner == null ? map.valueSize() : inner.valueSize()];
      key[0] = (byte) (array ? i : dice.below(6));
      dice.fill(value);
      elements.add(new Element(key, value));
    }
    return elements;
  }
}

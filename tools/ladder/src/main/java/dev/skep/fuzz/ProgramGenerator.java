package dev.skep.fuzz;

import dev.skep.isa.InsnWord;
import dev.skep.ladder.Sample;
import dev.skep.ladder.Sample.Element;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.ArrayList;
import java.util.List;

/** Makes a program with its inputs from a seed. */
public final class ProgramGenerator {
  private static final ProgramType[] TYPES = {
    ProgramType.SOCKET_FILTER, ProgramType.XDP, ProgramType.SCHED_CLS
  };

  private ProgramGenerator() {}

  /**
   * The program of a seed.
   *
   * @param wild percent of operations that are spoilt on purpose; 0 gives programs that are meant
   *     to be accepted and whose results do not depend on addresses, time or CPU
   */
  public static Sample generate(long seed, int wild) {
    Dice dice = new Dice(seed);
    ProgramType type = TYPES[dice.below(TYPES.length)];
    Plan plan = new Plan(dice, type, wild);
    int budget = dice.percent(10) ? dice.between(60, 160) : dice.between(4, 60);
    FunctionGenerator main = new FunctionGenerator(plan, 0, List.of(Value.CONTEXT), false, budget);
    main.generate();
    Program program = program(plan);
    List<byte[]> packets = new ArrayList<>();
    List<byte[]> contexts = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      packets.add(packet(dice));
      contexts.add(plan.isSkb() && dice.percent(40) ? context(dice) : new byte[0]);
    }
    List<List<Element>> contents = new ArrayList<>();
    plan.maps.forEach(map -> contents.add(contents(dice, map)));
    String name = "seed " + seed + (wild == 0 ? "" : " wild " + wild);
    return new Sample(name, program, packets, contexts, contents);
  }

  private static Program program(Plan plan) {
    int[] starts = new int[plan.functions.size()];
    int length = 0;
    for (int i = 0; i < starts.length; i++) {
      starts[i] = length;
      length += plan.functions.get(i).code.length();
    }
    long[] insns = link(plan, starts, length);
    List<MapSpec> maps = List.copyOf(plan.maps);
    if (!plan.typed) {
      return Program.of("gen", plan.type, "GPL", insns, maps);
    }
    TypeInfo types = TypeInfo.of(plan, starts, insns);
    return new Program(
        "gen",
        "",
        plan.type,
        0,
        0,
        "GPL",
        insns,
        maps,
        types.functions(),
        types.lines(),
        types.btf(),
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

  private static byte[] packet(Dice dice) {
    byte[] bytes = new byte[dice.pick(14, 20, 34, 54, 60, 64, 64, 98, 128, 200)];
    dice.fill(bytes);
    // An Ethertype that is neither IPv4 nor IPv6 is valid at every length.
    if (bytes.length >= 54 && dice.percent(60)) {
      boolean six = dice.percent(40);
      bytes[12] = (byte) (six ? 0x86 : 0x08);
      bytes[13] = (byte) (six ? 0xdd : 0x00);
      bytes[14] = (byte) (six ? 0x60 : 0x45);
    } else {
      bytes[12] = (byte) 0x88;
      bytes[13] = (byte) 0xb5;
    }
    return bytes;
  }

  /** A struct __sk_buff with the fields set that test_run takes. */
  private static byte[] context(Dice dice) {
    byte[] bytes = new byte[192];
    byte[] random = new byte[192];
    dice.fill(random);
    System.arraycopy(random, 8, bytes, 8, 4);
    System.arraycopy(random, 32, bytes, 32, 4);
    System.arraycopy(random, 48, bytes, 48, 20);
    return bytes;
  }

  private static List<Element> contents(Dice dice, MapSpec map) {
    List<Element> elements = new ArrayList<>();
    if (map.type() == MapType.RINGBUF || map.initial() != null) {
      return elements;
    }
    if (map.type() == MapType.PROG_ARRAY) {
      for (int i = 0; i < map.maxEntries(); i++) {
        if (dice.percent(40)) {
          elements.add(new Element(new byte[] {(byte) i, 0, 0, 0}, new byte[] {(byte) (i + 50)}));
        }
      }
      return elements;
    }
    boolean array = map.type() == MapType.ARRAY || map.type() == MapType.PERCPU_ARRAY;
    int count = dice.below(map.maxEntries() + 1);
    for (int i = 0; i < count; i++) {
      byte[] key = new byte[map.keySize()];
      byte[] value = new byte[map.valueSize()];
      key[0] = (byte) (array ? i : dice.below(6));
      dice.fill(value);
      elements.add(new Element(key, value));
    }
    return elements;
  }
}

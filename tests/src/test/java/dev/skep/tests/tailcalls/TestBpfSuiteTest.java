package dev.skep.tests.tailcalls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.LoadedProgram;
import dev.skep.testing.Check;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The ten cases that the kernel's module test_bpf has for tail calls, written anew for programs
 * that are verified: they sit in one array, in order, call each other by relative index, and count
 * in a word of the state. The harness makes R2 and R3 of each tail call.
 */
@ParameterizedClass
@MethodSource("enginesAndForms")
final class TestBpfSuiteTest {
  private static final int RUNS = 1000;

  /** Every run is a conversation with the emulator. */
  private static final int EMULATED_RUNS = 20;

  /** Stands for an index whose slot is empty, and for one outside of the array. */
  private static final int EMPTY = 1000;

  private static final int OUTSIDE = 1001;

  /**
   * @param text "jump N" is a tail call of the program N places on
   * @param result what every run returns, or what every run counts
   */
  private record Case(String name, String text, int result, boolean counts) {}

  private static final String COUNT =
      """
      r2 = map[1][0]+0
      r3 = *(u64 *)(r2 +0)
      r3 += 1
      *(u64 *)(r2 +0) = r3
      """;

  private static final List<Case> CASES =
      List.of(
          new Case("Tail call leaf", sum(1) + "exit", 1, false),
          new Case("Tail call 2", sum(2) + "jump -1\nr0 = -1\nexit", 3, false),
          new Case("Tail call 3", sum(3) + "jump -1\nr0 = -1\nexit", 6, false),
          new Case("Tail call 4", sum(4) + "jump -1\nr0 = -1\nexit", 10, false),
          new Case("Tail call load/store leaf", storeAndLoad() + "exit", 0, false),
          new Case(
              "Tail call load/store",
              "*(u64 *)(r10 -8) = 17\n*(u64 *)(r10 -16) = 18\njump -1\nr0 = -1\nexit",
              0,
              false),
          new Case(
              "Tail call error path, max count reached", COUNT + "jump 0\nr0 = 1\nexit", 34, true),
          new Case(
              "Tail call count preserved across function calls",
              "*(u64 *)(r10 -8) = r1\n"
                  + COUNT
                  + """
                  call bpf_get_numa_node_id#42
                  call bpf_ktime_get_ns#5
                  call bpf_ktime_get_boot_ns#125
                  call bpf_get_prandom_u32#7
                  call bpf_get_smp_processor_id#8
                  call bpf_ktime_get_coarse_ns#160
                  call bpf_jiffies64#118
                  r1 = *(u64 *)(r10 -8)
                  jump 0
                  r0 = 1
                  exit
                  """,
              34,
              true),
          new Case(
              "Tail call error path, NULL target",
              COUNT + "jump " + EMPTY + "\nr0 = 1\nexit",
              1,
              true),
          new Case(
              "Tail call error path, index out of range",
              COUNT + "jump " + OUTSIDE + "\nr0 = 1\nexit",
              1,
              true));

  private final Form form;
  private final int runs;
  private final Rig rig;

  TestBpfSuiteTest(String engine, Form form) {
    this.form = form;
    runs = engine.startsWith("arm64") ? EMULATED_RUNS : RUNS;
    rig = new Rig(engine, CASES.size() + 1, CASES.size() + 1);
  }

  static List<Arguments> enginesAndForms() {
    return TailCallSemanticsTest.enginesAndForms();
  }

  /** Adds to the packet's mark, as test_bpf adds to the pointer that stands for the context. */
  private static String sum(int number) {
    return """
    r0 = *(u32 *)(r1 +8)
    r0 += %d
    *(u32 *)(r1 +8) = r0
    """
        .formatted(number);
  }

  /** Returns 0 if its stack has what it wrote there, and not what the caller left. */
  private static String storeAndLoad() {
    return """
    r1 = 1
    r2 = 2
    r3 = r10
    *(u64 *)(r3 -8) = r1
    *(u64 *)(r3 -16) = r2
    r0 = -1
    r4 = *(u64 *)(r10 -8)
    if r4 != r1 goto pc+3
    r4 = *(u64 *)(r10 -16)
    if r4 != r2 goto pc+1
    r0 = 0
    """;
  }

  @AfterEach
  void close() {
    rig.close();
  }

  /** The text with its tail calls written out, for the program at an index of the array. */
  private String filled(String text, int at) {
    List<String> lines = new ArrayList<>();
    for (String line : text.lines().toList()) {
      if (line.startsWith("jump ")) {
        int offset = Integer.parseInt(line.substring(5));
        int key =
            switch (offset) {
              case EMPTY -> CASES.size();
              case OUTSIDE -> CASES.size() + 1;
              default -> at + offset;
            };
        lines.add(form.tailCall(Rig.FIRST_ARRAY, Rig.FIRST_ARRAY + 1, key));
      } else {
        lines.add(line);
      }
    }
    return String.join("\n", lines);
  }

  @Test
  @Check(69)
  void tenOfTen() {
    List<LoadedProgram> programs = new ArrayList<>();
    for (int i = 0; i < CASES.size(); i++) {
      programs.add(rig.load(filled(CASES.get(i).text(), i)));
      rig.put(0, i, programs.get(i));
    }
    List<String> results = new ArrayList<>();
    List<String> wanted = new ArrayList<>();
    for (int i = 0; i < CASES.size(); i++) {
      Case test = CASES.get(i);
      rig.clear();
      long result = -1;
      for (int run = 0; run < runs; run++) {
        int once = Rig.run(programs.get(i));
        boolean same = run == 0 || once == result;
        result = same ? once : Integer.MIN_VALUE;
      }
      results.add(test.name() + ": " + (test.counts() ? rig.word(0) : result));
      wanted.add(test.name() + ": " + test.result() * (test.counts() ? runs : 1));
    }
    assertThat(results).isEqualTo(wanted);
  }
}

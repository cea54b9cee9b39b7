package dev.skep.tests.tailcalls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.LoadedProgram;
import dev.skep.engine.PacketBatch;
import dev.skep.engine.PreparedRun;
import dev.skep.engine.TestRun;
import dev.skep.program.ProgramType;
import dev.skep.testing.Check;
import dev.skep.tests.engines.Engines;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Counting, falling through, returning: on every engine, in every form. */
@ParameterizedClass
@MethodSource("enginesAndForms")
final class TailCallSemanticsTest {
  /** MAX_TAIL_CALL_CNT: tail calls taken per entry into a main program. */
  private static final int BUDGET = 33;

  private static final int PACKETS = 20;

  private static final int JUMPS = Rig.FIRST_ARRAY;
  private static final int OTHER = Rig.FIRST_ARRAY + 1;

  private final Form form;
  private final Rig rig;

  TailCallSemanticsTest(String engine, Form form) {
    this.form = form;
    rig = new Rig(engine, 3, 3);
  }

  static List<String> engines() {
    return List.of(
        "interp", "jit", "jit-kernel", "jit-kernel/linux-6.18", "arm64", "arm64/bti-pac", "linux");
  }

  static List<Arguments> enginesAndForms() {
    List<Arguments> all = new ArrayList<>();
    for (String engine : engines()) {
      for (Form form : Form.values()) {
        all.add(Arguments.of(engine, form));
      }
    }
    return all;
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private String jump(long key) {
    return form.tailCall(JUMPS, OTHER, key);
  }

  /** A constant outside is no direct call: then only the lower half is looked at. */
  @Test
  @Check(60)
  void onlyTheLowerHalfOfTheIndexCounts() {
    LoadedProgram five = rig.load("r0 = 5\nexit");
    rig.put(0, 0, five);
    rig.put(0, 2, five);
    long[][] keysAndResults = {
      {0, 5},
      {1, 1},
      {2, 5},
      {3, 1},
      {-1, 1},
      {1L << 32, 5},
      {(1L << 32) + 1, 1},
      {(1L << 32) + 2, 5},
      {(1L << 32) + 3, 1},
      {1L << 63, 5},
      {Integer.MIN_VALUE, 1},
    };
    for (long[] pair : keysAndResults) {
      LoadedProgram entry = rig.load(jump(pair[0]) + "r0 = 1\nexit");
      assertThat(Rig.run(entry)).as("key %#x", pair[0]).isEqualTo((int) pair[1]);
    }
  }

  @Test
  @Check(61)
  void aProgramThatCallsItselfRuns34Times() {
    LoadedProgram self = rig.load(Rig.add(0, 1) + jump(0) + Rig.add(1, 1) + "r0 = 9\nexit");
    rig.put(0, 0, self);
    assertThat(Rig.run(self)).isEqualTo(9);
    assertThat(rig.word(0)).isEqualTo(BUDGET + 1);
    assertThat(rig.word(1)).isEqualTo(1);
  }

  @Test
  @Check(62)
  void failedTriesAreFree() {
    StringBuilder text = new StringBuilder("r6 = r1\n" + Rig.add(0, 1));
    for (int i = 0; i < 10; i++) {
      text.append("r1 = r6\n").append(jump(1 + i % 3));
    }
    LoadedProgram self = rig.load(text + "r1 = r6\n" + jump(0) + "r0 = 9\nexit");
    rig.put(0, 0, self);
    assertThat(Rig.run(self)).isEqualTo(9);
    assertThat(rig.word(0)).isEqualTo(BUDGET + 1);
  }

  private String subprogram(String name, long key) {
    return name + ": " + jump(key) + "r0 = 0\nexit\n";
  }

  /** The entry calls a subprogram twice, which calls the entry. */
  @Test
  @Check(63)
  void subprogramsShareTheBudget() {
    LoadedProgram entry =
        rig.load(
            "r6 = r1\n"
                + Rig.add(0, 1)
                + "r1 = r6\ncall sub\nr1 = r6\ncall sub\nr0 = 1\nexit\n"
                + subprogram("sub", 0));
    rig.put(0, 0, entry);
    assertThat(Rig.run(entry)).isEqualTo(1);
    assertThat(rig.word(0)).isEqualTo(BUDGET + 1);
    rig.remove(0, 0);
    assertThat(Rig.run(entry)).isEqualTo(1);
    assertThat(rig.word(0)).isEqualTo(BUDGET + 2);
  }

  /** A program that counts itself and goes on through a subprogram, and one that starts both. */
  @Test
  @Check(64)
  void theFirstChainUsesTheBudgetOfTheSecond() {
    for (int i = 0; i < 2; i++) {
      String text = "r6 = r1\n" + Rig.add(i, 1) + "r1 = r6\ncall sub\nr0 = 0\nexit\n";
      rig.put(0, i, rig.load(text + subprogram("sub", i)));
    }
    LoadedProgram entry =
        rig.load(
            """
            r6 = r1
            call first
            r1 = r6
            call second
            r2 = map[1][0]+8
            r0 = *(u64 *)(r2 +0)
            r0 <<= 16
            r3 = *(u64 *)(r2 -8)
            r0 |= r3
            exit
            """
                + subprogram("first", 0)
                + subprogram("second", 1));
    assertThat(Rig.run(entry)).isEqualTo(BUDGET);
  }

  /** One subprogram that is called with either array. */
  @Test
  @Check(65)
  void anArrayAsArgumentSharesTheBudgetToo() {
    String sub = "sub: r3 = 0\ncall bpf_tail_call#12\nr0 = 0\nexit\n";
    for (int i = 0; i < 2; i++) {
      String own = "r1 = r6\nr2 = map[%d]\ncall sub\nr0 = 0\nexit\n".formatted(JUMPS + i);
      rig.put(i, 0, rig.load("r6 = r1\n" + Rig.add(0, 1) + own + sub));
    }
    LoadedProgram entry =
        rig.load(
            """
            r6 = r1
            r2 = map[%d]
            call sub
            r1 = r6
            r2 = map[%d]
            call sub
            r2 = map[1][0]+0
            r0 = *(u64 *)(r2 +0)
            exit
            """
                    .formatted(JUMPS, OTHER)
                + sub);
    assertThat(Rig.run(entry)).isEqualTo(BUDGET);
  }

  /** The target uses all registers and its whole stack. */
  @Test
  @Check(66)
  void fromASubprogramTheTargetReturnsToTheCaller() {
    StringBuilder target = new StringBuilder();
    for (int i = 1; i <= 64; i++) {
      target.append("*(u64 *)(r10 -%d) = -1\n".formatted(8 * i));
    }
    for (int i = 6; i <= 9; i++) {
      target.append("r%d = -1\n".formatted(i));
    }
    rig.put(0, 0, rig.load(target + "r0 = 7\nexit"));
    LoadedProgram entry =
        rig.load(
            """
            r6 = 0x1111
            r7 = 0x2222
            r8 = 0x4444
            r9 = 0x5555666677778888 ll
            *(u64 *)(r10 -8) = 0x123
            *(u64 *)(r10 -48) = r9
            call sub
            r0 += r6
            r0 += r7
            r0 += r8
            r2 = *(u64 *)(r10 -8)
            r0 += r2
            r2 = *(u64 *)(r10 -48)
            r2 -= r9
            r0 += r2
            exit
            sub: r6 = 3
            r9 = 4
            *(u64 *)(r10 -8) = r6
            """
                + jump(0)
                + "r0 = 100\nexit");
    assertThat(Rig.run(entry)).isEqualTo(7 + 0x1111 + 0x2222 + 0x4444 + 0x123);
    rig.remove(0, 0);
    assertThat(Rig.run(entry)).isEqualTo(100 + 0x1111 + 0x2222 + 0x4444 + 0x123);
  }

  @Test
  @Check(67)
  void fromMainTheTargetsResultIsTheProgramsResult() {
    rig.put(0, 1, rig.load("r0 = 7\nexit"));
    LoadedProgram entry = rig.load("r6 = 3\n" + jump(1) + "r0 = r6\nexit");
    assertThat(Rig.run(entry)).isEqualTo(7);
    rig.remove(0, 1);
    assertThat(Rig.run(entry)).isEqualTo(3);
  }

  @Test
  @Check(68)
  void everyRunHasItsOwnBudget() {
    LoadedProgram self = rig.load(Rig.add(0, 1) + jump(0) + "r0 = 9\nexit");
    rig.put(0, 0, self);
    Rig.run(self);
    Rig.run(self);
    assertThat(rig.word(0)).isEqualTo(2 * (BUDGET + 1));
    Rig.run(self, 10);
    assertThat(rig.word(0)).isEqualTo(12 * (BUDGET + 1));
  }

  /** Also where many packets are run in one call, and where an input stays in place. */
  @ParameterizedTest
  @EnumSource(names = {"SCHED_CLS", "XDP"})
  @Check(68)
  void everyPacketHasItsOwnBudget(ProgramType type) {
    String text = "r6 = r1\n" + Rig.add(0, 1) + "r1 = r6\ncall sub\nr0 = 2\nexit\n";
    LoadedProgram self = rig.load(type, text + subprogram("sub", 0));
    rig.put(0, 0, self);
    PacketBatch batch = new PacketBatch();
    for (int i = 0; i < PACKETS; i++) {
      batch.add(Engines.packet(i, 60 + i));
    }
    self.run(batch);
    for (int i = 0; i < PACKETS; i++) {
      assertThat(batch.errno(i)).isZero();
      assertThat(batch.retval(i)).isEqualTo(2);
    }
    assertThat(rig.word(0)).isEqualTo(PACKETS * (BUDGET + 1));
    try (PreparedRun run = self.prepare(TestRun.of(Engines.packet(0, 64)))) {
      assertThat(run.run()).isEqualTo(2);
      assertThat(run.run()).isEqualTo(2);
    }
    assertThat(rig.word(0)).isEqualTo((PACKETS + 2) * (BUDGET + 1));
  }
}

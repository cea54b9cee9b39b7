package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.fuzz.Cases;
import dev.skep.fuzz.Report;
import dev.skep.fuzz.RewriteGenerator;
import dev.skep.fuzz.Tally;
import dev.skep.isa.InsnWord;
import dev.skep.ladder.Finding;
import dev.skep.ladder.Ladder;
import dev.skep.ladder.Rung;
import dev.skep.ladder.Sample;
import dev.skep.linux.KernelEngine;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Rewritten instructions beside those that the running kernel dumps, for programs that are full of
 * what gets rewritten. {@code -Dskep.generated=N} sets how many, {@code -Dskep.seed=S} the first
 * seed.
 */
class RewriteTest {
  private static final int COUNT = Integer.getInteger("skep.generated", 100);
  private static final long FIRST = Long.getLong("skep.seed", 0);

  @BeforeEach
  void needsBpf() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
  }

  @Test
  void programsFullOfRewrites() {
    Tally tally = new Tally();
    try (Ladder ladder = new Ladder(false)) {
      for (long seed = FIRST; seed < FIRST + COUNT; seed++) {
        Sample sample = RewriteGenerator.generate(seed);
        tally.add(sample, ladder.climb(sample));
      }
      System.out.print(tally.summary());
      Report.print(ladder, tally.groups());
    }
    assertThat(tally.details()).isEmpty();
    assertThat(tally.count(Rung.XLATED, Finding.Kind.EQUAL)).isGreaterThan(COUNT / 4);
  }

  /** Reads of vlan_present become three instructions each and stretch the jump over them. */
  @ParameterizedTest
  @CsvSource({"10,32767", "10,32760", "3,32764", "4,32764", "10,32740"})
  void jumpThatGetsTooLong(int reads, int jump) {
    long[] insns = new long[jump + 4];
    Arrays.fill(insns, InsnWord.of(0xb7, 3, 0, 0, 1));
    insns[0] = InsnWord.of(0x61, 2, 1, 0, 0);
    insns[1] = InsnWord.of(0x15, 2, 0, jump, 0);
    Arrays.fill(insns, 2, 2 + reads, InsnWord.of(0x61, 3, 1, 20, 0));
    insns[jump + 2] = InsnWord.of(0xb7, 0, 0, 0, 0);
    insns[jump + 3] = InsnWord.of(0x95, 0, 0, 0, 0);
    Program program = Program.of("far", ProgramType.SOCKET_FILTER, "GPL", insns, List.of());
    Sample sample = new Sample("far", program, List.of(), List.of(), List.of());
    try (Ladder ladder = new Ladder(true)) {
      assertThat(ladder.climb(sample)).isNotEmpty().noneMatch(Finding::isDifferent);
    }
  }

  /** The callback is dead, its address is not, and another function is left. */
  @Test
  void addressOfADeadFunction() {
    String insns =
        "bf16000000000000b7020000aaaaaaaabf630000000000008510000003000000"
            + "18420000070000000000000000000000"
            + "9500000000000000b700000000000000"
            + "1d000100000000008510000001000000"
            + "950000000000000095000000000000009500000000000000";
    Sample sample = Cases.parse("dead function | socket_filter | " + insns + " |  |  | ");
    try (Ladder ladder = new Ladder(true)) {
      assertThat(ladder.climb(sample)).isNotEmpty().noneMatch(Finding::isDifferent);
    }
  }
}

package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.fuzz.Mutator;
import dev.skep.fuzz.ProgramGenerator;
import dev.skep.fuzz.Report;
import dev.skep.fuzz.Tally;
import dev.skep.ladder.Ladder;
import dev.skep.ladder.Sample;
import dev.skep.linux.KernelEngine;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The verifier beside the running kernel's: verdict, errno, reason, counters and log of generated
 * programs. {@code -Dskep.generated=N} sets how many, {@code -Dskep.seed=S} the first seed.
 */
class VerdictTest {
  private static final int COUNT = Integer.getInteger("skep.generated", 300);
  private static final long FIRST = Long.getLong("skep.seed", 0);

  @BeforeEach
  void needsBpf() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
  }

  @Test
  void programsMeantToBeAccepted() {
    compare(0, false);
  }

  @Test
  void programsSpoiltOnPurpose() {
    compare(6, false);
  }

  @Test
  void mutatedPrograms() {
    compare(0, true);
  }

  private static void compare(int wild, boolean mutate) {
    Tally tally = new Tally();
    try (Ladder ladder = new Ladder(true)) {
      for (long seed = FIRST; seed < FIRST + COUNT; seed++) {
        Sample sample = ProgramGenerator.generate(seed, wild);
        if (mutate) {
          sample = Mutator.mutate(sample, seed);
        }
        tally.add(sample, ladder.climb(sample));
      }
      System.out.printf("wild %d mutate %s:%n%s", wild, mutate, tally.summary());
      Report.print(ladder, tally.groups());
    }
    assertThat(tally.details()).isEmpty();
  }
}

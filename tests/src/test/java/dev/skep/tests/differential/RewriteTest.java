package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.linux.KernelEngine;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
}

package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.fuzz.Soundness;
import org.junit.jupiter.api.Test;

/**
 * What runs lies within what the verifier claimed. {@code -Dskep.soundness.programs=N} sets how
 * many programs are generated.
 */
class SoundnessTest {
  private static final long FIRST = Long.getLong("skep.seed", 0);
  private static final long PROGRAMS = Long.getLong("skep.soundness.programs", 400);
  private static final int INPUTS = 10;

  @Test
  void registersLieWithinTheirClaims() {
    try (Soundness soundness = new Soundness(INPUTS)) {
      for (long seed = FIRST; seed < FIRST + PROGRAMS; seed++) {
        soundness.check(seed);
      }
      assertThat(soundness.violations()).isEmpty();
      assertThat(soundness.runs()).isGreaterThan(PROGRAMS * INPUTS / 2);
      assertThat(soundness.steps()).isGreaterThan(soundness.runs());
    }
  }
}

package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.fuzz.ProgramGenerator;
import dev.skep.ladder.Behaviour;
import dev.skep.ladder.Sample;
import dev.skep.ladder.SampleMaps;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelVerdict;
import dev.skep.linux.Linux;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Generated programs do the same each time: else a difference between engines says nothing. */
class KernelRepeatTest {
  private static final int COUNT = Integer.getInteger("skep.generated", 300);

  @Test
  void linuxRepeatsItself() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    try (KernelEngine engine = Linux.kernel()) {
      for (long seed = 0; seed < COUNT; seed++) {
        Sample sample = ProgramGenerator.generate(seed, 0);
        assertThat(behaviour(engine, sample))
            .as(sample.name())
            .isEqualTo(behaviour(engine, sample));
      }
    }
  }

  private static String behaviour(KernelEngine engine, Sample sample) {
    try (SampleMaps maps = new SampleMaps(engine, sample);
        KernelVerdict verdict = engine.judge(sample.program(), maps.maps(), 0)) {
      return verdict.program() == null
          ? "errno " + verdict.errno()
          : Behaviour.of(verdict.program(), sample, maps).text();
    }
  }
}

package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.fuzz.ProgramGenerator;
import dev.skep.ladder.KernelHazard;
import dev.skep.ladder.LogText;
import dev.skep.ladder.Sample;
import dev.skep.ladder.SampleMaps;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelVerdict;
import dev.skep.linux.Linux;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The generator gives the same program for the same seed, and programs that Linux accepts. */
class GeneratorTest {
  private static final int COUNT = Integer.getInteger("skep.generated", 300);

  @Test
  void sameSeedSameProgram() {
    for (long seed = 0; seed < 50; seed++) {
      assertThat(ProgramGenerator.generate(seed, 0).program().insns())
          .isEqualTo(ProgramGenerator.generate(seed, 0).program().insns());
    }
  }

  @Test
  void linuxAcceptsMost() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    Map<String, Integer> reasons = new TreeMap<>();
    int accepted = 0;
    try (KernelEngine engine = Linux.kernel()) {
      for (long seed = 0; seed < COUNT; seed++) {
        Sample sample = ProgramGenerator.generate(seed, 0);
        if (KernelHazard.isHazard(sample.program())) {
          continue;
        }
        try (SampleMaps maps = new SampleMaps(engine, sample);
            KernelVerdict verdict = engine.judge(sample.program(), maps.maps(), 1)) {
          if (verdict.accepted()) {
            accepted++;
          } else {
            reasons.merge(
                LogText.lastError(verdict.log()).replaceAll("-?\\d+", "N"), 1, Integer::sum);
          }
        }
      }
    }
    assertThat(accepted).as("accepted; refused: %s", reasons).isGreaterThan(COUNT * 6 / 10);
    System.out.printf("generator: linux accepts %d of %d, refuses %s%n", accepted, COUNT, reasons);
  }
}

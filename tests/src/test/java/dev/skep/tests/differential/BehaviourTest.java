package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.fuzz.ProgramGenerator;
import dev.skep.fuzz.Report;
import dev.skep.fuzz.Tally;
import dev.skep.ladder.Ladder;
import dev.skep.ladder.Rung;
import dev.skep.ladder.Sample;
import dev.skep.linux.KernelEngine;
import dev.skep.natives.CpuFeatures;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Generated programs on every engine beside the running kernel: return values, packets, contexts
 * and maps. {@code -Dskep.generated=N} sets how many, {@code -Dskep.seed=S} the first seed.
 */
class BehaviourTest {
  private static final int COUNT = Integer.getInteger("skep.generated", 300);
  private static final long FIRST = Long.getLong("skep.seed", 0);

  @BeforeEach
  void needsBpf() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
  }

  @Test
  void sameResultsOnEveryEngine() {
    Tally tally = new Tally();
    try (Ladder ladder = new Ladder(false)) {
      ladder.with(Rung.INTERP, Vm.interp(VmOptions.ofCpus(ladder.cpus())));
      if (CpuFeatures.host().x64()) {
        ladder.with(Rung.JIT, Vm.jit(VmOptions.ofCpus(ladder.cpus())));
        ladder.with(Rung.JIT_KERNEL, Vm.jitKernel(VmOptions.ofCpus(ladder.cpus())));
      }
      for (long seed = FIRST; seed < FIRST + COUNT; seed++) {
        Sample sample = ProgramGenerator.generate(seed, 0);
        tally.add(sample, ladder.climb(sample));
      }
      System.out.print(tally.summary());
      Report.print(ladder, tally.groups());
    }
    assertThat(tally.details()).isEmpty();
  }
}

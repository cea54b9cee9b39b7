package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.fuzz.Cases;
import dev.skep.fuzz.Tally;
import dev.skep.ladder.Behaviour;
import dev.skep.ladder.Ladder;
import dev.skep.ladder.Sample;
import dev.skep.ladder.SampleMaps;
import dev.skep.linux.KernelEngine;
import dev.skep.natives.CpuFeatures;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Programs on which Skep and Linux once differed, with what Linux 6.18 said of them: they must stay
 * equal, with and without a kernel to ask.
 */
class CasesTest {
  private static final String RESOURCE = "/differential/cases.txt";

  @TestFactory
  Stream<DynamicTest> asLinuxSaid() throws IOException {
    return Cases.resource(RESOURCE).stream()
        .map(each -> dynamicTest(each.sample().name(), () -> check(each)));
  }

  @Test
  void asLinuxSays() throws IOException {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    Tally tally = new Tally();
    try (Ladder ladder = new Ladder(true)) {
      for (Cases.Case each : Cases.resource(RESOURCE)) {
        tally.add(each.sample(), ladder.climb(each.sample()));
      }
    }
    assertThat(tally.details()).isEmpty();
  }

  private static void check(Cases.Case each) {
    assertThat(verdict(each.sample())).isEqualTo(each.verdict());
    if (each.behaviour().isEmpty()) {
      return;
    }
    try (Vm interp = Vm.interp(VmOptions.ofCpus(2))) {
      assertThat(behaviour(interp, each.sample())).as("interp").isEqualTo(each.behaviour());
    }
    if (CpuFeatures.host().x64()) {
      try (Vm jit = Vm.jit(VmOptions.ofCpus(2))) {
        assertThat(behaviour(jit, each.sample())).as("jit").isEqualTo(each.behaviour());
      }
      try (Vm jit = Vm.jitKernel(VmOptions.ofCpus(2))) {
        assertThat(behaviour(jit, each.sample())).as("jit-kernel").isEqualTo(each.behaviour());
      }
    }
  }

  private static String verdict(Sample sample) {
    Verdict verdict = Verifier.verify(sample.program(), VerifierOptions.standard());
    if (verdict instanceof Verdict.Accepted accepted) {
      try {
        Rewriter.rewrite(accepted.program(), RewriteOptions.LINUX);
      } catch (RejectedException late) {
        verdict = Rewriter.verdict(accepted, late);
      }
    }
    return switch (verdict) {
      case Verdict.Accepted accepted -> "accepted";
      case Verdict.Rejected rejected -> Errno.name(rejected.errno()) + ' ' + rejected.message();
      case Verdict.Unsupported unsupported -> "unsupported " + unsupported.what();
    };
  }

  private static String behaviour(Engine engine, Sample sample) {
    try (SampleMaps maps = new SampleMaps(engine, sample);
        LoadedProgram program = engine.load(sample.program(), maps.maps())) {
      return String.join(" ; ", Behaviour.of(program, sample, maps).lines());
    }
  }
}

package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.SkepException;
import dev.skep.fuzz.ProgramGenerator;
import dev.skep.ladder.Behaviour;
import dev.skep.ladder.Sample;
import dev.skep.ladder.SampleMaps;
import dev.skep.natives.CpuFeatures;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blinding changes nothing that a program does: generated programs with it and without. */
class BlindingTest {
  private static final int COUNT = Integer.getInteger("skep.generated", 60);
  private static final long FIRST = Long.getLong("skep.seed", 0);

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void samePrograms(String engine) {
    Assumptions.assumeTrue(
        engine.equals("interp") || CpuFeatures.host().x64(), "no JIT for this processor");
    VmOptions plain = VmOptions.ofCpus(2);
    VmOptions blinded = plain.withRewrites(RewriteOptions.SEED.blinded());
    int compared = 0;
    try (Engine reference = Vm.interp(plain);
        Engine tested = open(engine, blinded)) {
      for (long seed = FIRST; seed < FIRST + COUNT; seed++) {
        Sample sample = ProgramGenerator.generate(seed, 0);
        String expected = behaviour(reference, sample);
        assertThat(behaviour(tested, sample)).as("seed %d", seed).isEqualTo(expected);
        compared += expected.startsWith("refused") ? 0 : 1;
      }
    }
    assertThat(compared).isGreaterThan(COUNT / 2);
  }

  private static Engine open(String engine, VmOptions options) {
    return switch (engine) {
      case "interp" -> Vm.interp(options);
      case "jit" -> Vm.jit(options);
      default -> Vm.jitKernel(options);
    };
  }

  private static String behaviour(Engine engine, Sample sample) {
    try (SampleMaps maps = new SampleMaps(engine, sample);
        LoadedProgram program = engine.load(sample.program(), maps.maps())) {
      return String.join(" ; ", Behaviour.of(program, sample, maps).lines());
    } catch (SkepException refused) {
      return "refused";
    }
  }
}

package dev.skep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.fuzz.ProgramGenerator;
import dev.skep.jit.arm64.A64Layout;
import dev.skep.jit.arm64.A64Layout.Dialect;
import dev.skep.jit.arm64.A64Layout.PerCpuBase;
import dev.skep.jit.arm64.A64Layout.SpeculationBarrier;
import dev.skep.ladder.Behaviour;
import dev.skep.ladder.Sample;
import dev.skep.ladder.SampleMaps;
import dev.skep.program.layout.BpfArrayLayout;
import dev.skep.program.layout.BpfMapLayout;
import dev.skep.program.layout.BpfProgLayout;
import dev.skep.rewrite.RewriteOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Generated programs as arm64 code under an emulator beside the interpreter: return values,
 * packets, contexts and maps. {@code -Dskep.generated=N} sets how many, {@code -Dskep.seed=S} the
 * first seed.
 */
@NullMarked
class ArmExecutionTest {
  private static final int COUNT = Integer.getInteger("skep.generated", 100);
  private static final long FIRST = Long.getLong("skep.seed", 0);

  @BeforeEach
  void needsEmulator() {
    Assumptions.assumeTrue(ArmEmulator.missing().isEmpty(), ArmEmulator.missing());
  }

  static Stream<Arguments> layouts() {
    return Stream.of(
        Arguments.of(
            "words of Linux 6.18",
            layout(Dialect.LINUX_6_18, true, false),
            RewriteOptions.SEED,
            "max"),
        Arguments.of(
            "r0 in x8, BTI and PAC",
            layout(Dialect.MAINLINE, true, true),
            RewriteOptions.LINUX,
            "max"),
        Arguments.of(
            "exclusives, blinded constants",
            layout(Dialect.LINUX_6_12, false, false),
            RewriteOptions.SEED.blinded(),
            "cortex-a53"));
  }

  static A64Layout layout(Dialect dialect, boolean lse, boolean mitigations) {
    return new A64Layout(
        dialect,
        lse,
        mitigations,
        mitigations,
        false,
        mitigations ? SpeculationBarrier.DSB_ISB : SpeculationBarrier.NONE,
        PerCpuBase.TPIDR_EL1,
        false,
        false,
        true,
        24,
        BpfMapLayout.MAX_ENTRIES,
        BpfArrayLayout.PTRS,
        BpfProgLayout.BPF_FUNC);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layouts")
  void sameResultsAsTheInterpreter(
      String name, A64Layout layout, RewriteOptions rewrites, String cpu) {
    List<String> different = new ArrayList<>();
    int compared = 0;
    try (Vm interp = Vm.interp(VmOptions.ofCpus(2));
        Vm arm = ArmBackend.vm(VmOptions.ofCpus(2).withRewrites(rewrites), layout, "-cpu", cpu)) {
      for (long seed = FIRST; seed < FIRST + COUNT; seed++) {
        Sample sample = ProgramGenerator.generate(seed, 0);
        String expected = behaviour(interp, sample);
        String found = behaviour(arm, sample);
        if (!expected.equals(found)) {
          different.add(sample.name() + "\n" + expected + "\n" + found);
        }
        compared += expected.startsWith("retval") ? 1 : 0;
      }
    }
    System.out.println("arm64, " + name + ": " + compared + " programs ran");
    assertThat(different).isEmpty();
    assertThat(compared).isGreaterThan(COUNT / 2);
  }

  private static String behaviour(Engine engine, Sample sample) {
    try (SampleMaps maps = new SampleMaps(engine, sample);
        LoadedProgram program = engine.load(sample.program(), maps.maps())) {
      return Behaviour.of(program, sample, maps).text();
    } catch (UnsupportedException | RejectedException refused) {
      return String.valueOf(refused.getMessage());
    }
  }
}

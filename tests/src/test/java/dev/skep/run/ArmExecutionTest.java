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
import dev.skep.program.MapType;
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
    int misaligned = 0;
    VmOptions options = VmOptions.ofCpus(2).withRewrites(rewrites);
    Vm arm = ArmBackend.vm(options, layout, "-cpu", cpu);
    try (Vm interp = Vm.interp(VmOptions.ofCpus(2))) {
      for (long seed = FIRST; seed < FIRST + COUNT; seed++) {
        Sample sample = ProgramGenerator.generate(seed, 0);
        String expected = behaviour(interp, sample);
        String found = behaviour(arm, sample);
        if (found.startsWith("signal ")) {
          // The emulator has ended.
          arm.close();
          arm = ArmBackend.vm(options, layout, "-cpu", cpu);
        }
        if (isMisalignedAtomic(found, sample)) {
          misaligned++;
          continue;
        }
        if (!expected.equals(found)) {
          different.add(sample.name() + "\n" + expected + "\n" + found);
        }
        compared += expected.startsWith("retval") ? 1 : 0;
      }
    } finally {
      arm.close();
    }
    System.out.printf(
        "arm64, %s: %d programs ran, %d misaligned atomics%n", name, compared, misaligned);
    assertThat(different).isEmpty();
    assertThat(compared).isGreaterThan(COUNT / 2);
    assertThat(misaligned).isLessThanOrEqualTo(1 + COUNT / 1000);
  }

  /**
   * Values of LPM tries begin anywhere. An atomic operation on one that is not aligned faults on
   * arm64, in Linux too, unless the CPU has FEAT_LSE2, which the emulator has not.
   */
  private static boolean isMisalignedAtomic(String found, Sample sample) {
    boolean tries =
        sample.program().maps().stream().anyMatch(map -> map.type() == MapType.LPM_TRIE);
    return found.startsWith("signal 7 ") && tries;
  }

  private static String behaviour(Engine engine, Sample sample) {
    try (SampleMaps maps = new SampleMaps(engine, sample);
        LoadedProgram program = engine.load(sample.program(), maps.maps())) {
      return Behaviour.of(program, sample, maps).text();
    } catch (UnsupportedException | RejectedException refused) {
      return String.valueOf(refused.getMessage());
    } catch (IllegalStateException fault) {
      return String.valueOf(fault.getMessage());
    }
  }
}

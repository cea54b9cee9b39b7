package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.InsnWord;
import dev.skep.linux.KernelEngine;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.verify.VerifierOptions;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

final class VerifyBenchTest {
  private static final long EXIT = InsnWord.of(0x95, 0, 0, 0, 0);
  private static final Program ACCEPTED =
      Program.of(
          "accepted",
          ProgramType.XDP,
          "GPL",
          new long[] {InsnWord.of(0x18, 1, 1, 0, 0), 0, InsnWord.of(0xb7, 0, 0, 0, 0), EXIT},
          List.of(MapSpec.of("map", MapType.ARRAY, 4, 4, 1, 0)));
  private static final Program REJECTED =
      Program.of("rejected", ProgramType.XDP, "GPL", new long[] {EXIT}, List.of());

  private static VerifyBench.Result measure(Program program, @Nullable KernelEngine kernel) {
    return Objects.requireNonNull(
        VerifyBench.measure(program, VerifierOptions.standard(), kernel, 2));
  }

  @Test
  void measuresOursAlone() {
    var result = measure(ACCEPTED, null);
    assertThat(result.insns()).isEqualTo(3);
    assertThat(result.skep().min()).isPositive();
    assertThat(result.skep().median()).isGreaterThanOrEqualTo(result.skep().min());
    assertThat(result.linux()).isNull();
  }

  @Test
  void measuresTheKernelInTurn() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    try (KernelEngine kernel = KernelEngine.host()) {
      for (Program program : List.of(ACCEPTED, REJECTED)) {
        var linux = Objects.requireNonNull(measure(program, kernel).linux());
        assertThat(linux.min()).isPositive();
      }
    }
  }

  @Test
  void whatIsNotWalkedHasNoFigure() {
    Program broken =
        Program.of(
            "broken",
            ProgramType.XDP,
            "GPL",
            new long[] {InsnWord.of(0xff, 0, 0, 0, 0)},
            List.of());
    assertThat(VerifyBench.measure(broken, VerifierOptions.standard(), null, 2)).isNull();
  }
}

package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.InsnWord;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where a verdict differs from Linux 6.18 on purpose; each is a line of PARITY.md. */
class KernelDifferencesTest {
  private static Verdict load(ProgramType type, int off) {
    long[] insns = {
      InsnWord.of(0x71, 2, 1, off, 0), InsnWord.of(0xb7, 0, 0, 0, 0), InsnWord.of(0x95, 0, 0, 0, 0)
    };
    return Verifier.verify(
        Program.of("p", type, "GPL", insns, List.of()), VerifierOptions.standard());
  }

  @Test
  void tracepointContextBeginsAtZero() {
    assertThat(load(ProgramType.TRACEPOINT, 8)).isInstanceOf(Verdict.Accepted.class);
    assertThat(load(ProgramType.TRACEPOINT, -8)).isInstanceOf(Verdict.Rejected.class);
  }
}

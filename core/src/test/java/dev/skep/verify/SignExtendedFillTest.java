package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.InsnWord;
import dev.skep.program.Dialect;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A number of 32 bits is spilled, and loaded with its sign: where bit 31 is set both differ. Found
 * by holding runs against claims.
 */
class SignExtendedFillTest {
  /** What is known of r6, that it is 0xffffffff, is not true of r5, which is -1. */
  private static final long[] INSNS = {
    InsnWord.of(CALL_CODE, 0, 0, 0, 7),
    InsnWord.of(0xbc, 6, 0, 0, 0), // w6 = w0
    InsnWord.of(0x63, 10, 6, -8, 0), // *(u32 *)(r10 - 8) = w6
    InsnWord.of(0x81, 5, 10, -8, 0), // r5 = *(s32 *)(r10 - 8)
    InsnWord.of(MOV64_K, 0, 0, 0, 0),
    InsnWord.of(0x18, 7, 0, 0, -1), // r7 = 0xffffffff
    InsnWord.of(0, 0, 0, 0, 0),
    InsnWord.of(0x5d, 6, 7, 2, 0), // if r6 != r7 goto exit
    InsnWord.of(0x1d, 5, 7, 1, 0), // if r5 == r7 goto exit
    InsnWord.of(0x79, 0, 7, 0, 0), // r0 = *(u64 *)(r7 + 0)
    InsnWord.of(EXIT_CODE, 0, 0, 0, 0)
  };

  private static Verdict verify(Dialect dialect) {
    return Verifier.verify(
        Program.of("p", ProgramType.SOCKET_FILTER, "GPL", INSNS, List.of()),
        VerifierOptions.standard().withDialect(dialect));
  }

  /** What 6.18 says was asked of Linux 6.18.44. */
  @Test
  void isAnotherNumber() {
    assertThat(verify(Dialect.V6_18)).isInstanceOf(Verdict.Accepted.class);
    assertThat(verify(Dialect.MAINLINE))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> assertThat(no.message()).isEqualTo("R7 invalid mem access 'scalar'"));
  }
}

package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.InsnWord;
import dev.skep.program.Dialect;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whether two paths that differ in nothing but a stack slot are taken for one, when an atomic
 * operation fetches the slot and its value decides a branch. Found by holding runs against claims.
 */
class PrecisionOfAtomicsTest {
  /** The path with 0 in the slot comes second, and reads through a scalar. */
  private static Program program(int operation) {
    long[] insns = {
      InsnWord.of(CALL_CODE, 0, 0, 0, 7),
      InsnWord.of(0x7a, 10, 0, -8, 0),
      InsnWord.of(MOV64_K, 6, 0, 0, 0),
      InsnWord.of(MOV64_K, 7, 0, 0, 0),
      InsnWord.of(MOV64_K, 8, 0, 0, 0),
      InsnWord.of(MOV64_K, 9, 0, 0, 0),
      InsnWord.of(0x15, 0, 0, 1, 0),
      InsnWord.of(0x7a, 10, 0, -8, 5),
      InsnWord.of(MOV64_K, 0, 0, 0, 9),
      InsnWord.of(MOV64_K, 1, 0, 0, 0),
      InsnWord.of(0xdb, 10, 1, -8, operation),
      operation == CMPXCHG ? InsnWord.of(0xbf, 1, 0, 0, 0) : InsnWord.of(MOV64_K, 0, 0, 0, 0),
      InsnWord.of(0x55, 1, 0, 1, 0),
      InsnWord.of(0x79, 0, 6, 0, 0),
      InsnWord.of(MOV64_K, 0, 0, 0, 0),
      InsnWord.of(EXIT_CODE, 0, 0, 0, 0)
    };
    return Program.of("p", ProgramType.SOCKET_FILTER, "GPL", insns, List.of());
  }

  /** What 6.18 says was asked of Linux 6.18.44. */
  @ParameterizedTest
  @CsvSource({"0x41", "0x01", "0xe1", "0xf1"})
  void slotsThatAreFetchedCount(String operation) {
    Program program = program(Integer.decode(operation));
    VerifierOptions options = VerifierOptions.standard();
    assertThat(Verifier.verify(program, options.withDialect(Dialect.V6_18)))
        .isInstanceOf(Verdict.Accepted.class);
    assertThat(Verifier.verify(program, options.withDialect(Dialect.MAINLINE)))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> assertThat(no.message()).isEqualTo("R6 invalid mem access 'scalar'"));
  }
}

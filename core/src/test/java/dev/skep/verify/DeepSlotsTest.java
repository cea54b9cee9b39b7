package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.InsnWord;
import dev.skep.program.Dialect;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One store that overwrites a slot on the first path and another slot on the second and third: the
 * second and third differ in nothing but the first slot, which is read behind the store.
 */
class DeepSlotsTest {
  private static final int STORE = 0x7a;

  private static Program program(int slot) {
    long[] insns = {
      InsnWord.of(CALL_CODE, 0, 0, 0, 7),
      InsnWord.of(0xbf, 6, 0, 0, 0),
      InsnWord.of(CALL_CODE, 0, 0, 0, 7),
      InsnWord.of(MOV64_K, 8, 0, 0, 0),
      InsnWord.of(STORE, 10, 0, -8, 0),
      InsnWord.of(STORE, 10, 0, slot, 5),
      InsnWord.of(0xbf, 7, 10, 0, 0),
      InsnWord.of(0x07, 7, 0, 0, slot),
      InsnWord.of(0x15, 0, 0, 1, 0),
      InsnWord.of(0x05, 0, 0, 5, 0),
      InsnWord.of(0xbf, 7, 10, 0, 0),
      InsnWord.of(0x07, 7, 0, 0, -8),
      InsnWord.of(0x15, 6, 0, 1, 0),
      InsnWord.of(0x05, 0, 0, 1, 0),
      InsnWord.of(STORE, 10, 0, slot, 0),
      // Enough instructions and jumps for the verifier to keep the state.
      InsnWord.of(MOV64_K, 9, 0, 0, 0),
      InsnWord.of(MOV64_K, 9, 0, 0, 0),
      InsnWord.of(MOV64_K, 9, 0, 0, 0),
      InsnWord.of(MOV64_K, 9, 0, 0, 0),
      InsnWord.of(MOV64_K, 9, 0, 0, 0),
      InsnWord.of(MOV64_K, 9, 0, 0, 0),
      InsnWord.of(0x05, 0, 0, 0, 0),
      InsnWord.of(0x05, 0, 0, 0, 0),
      InsnWord.of(STORE, 7, 0, 0, 1),
      InsnWord.of(0x79, 1, 10, slot, 0),
      InsnWord.of(MOV64_K, 0, 0, 0, 0),
      InsnWord.of(0x55, 1, 0, 1, 0),
      InsnWord.of(0x79, 0, 8, 0, 0),
      InsnWord.of(EXIT_CODE, 0, 0, 0, 0)
    };
    return Program.of("p", ProgramType.SOCKET_FILTER, "GPL", insns, List.of());
  }

  private static Verdict verify(int slot, Dialect dialect) {
    return Verifier.verify(program(slot), VerifierOptions.standard().withDialect(dialect));
  }

  private static void isRefused(Verdict verdict) {
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> assertThat(no.message()).isEqualTo("R8 invalid mem access 'scalar'"));
  }

  /** As Linux 6.18.44 does: slots from fp-256 up are right. */
  @Test
  void upperSlotsAreFollowed() {
    isRefused(verify(-256, Dialect.V6_18));
    isRefused(verify(-256, Dialect.MAINLINE));
  }

  @ParameterizedTest
  @ValueSource(ints = {-264, -384, -512})
  void lowerSlotsAreFollowedByLaterKernelsOnly(int slot) {
    assertThat(verify(slot, Dialect.V6_18)).isInstanceOf(Verdict.Accepted.class);
    isRefused(verify(slot, Dialect.MAINLINE));
  }
}

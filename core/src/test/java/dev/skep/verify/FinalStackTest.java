package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.InsnWord;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What Linux 6.18.44 prints as "stack depth" of these programs. */
class FinalStackTest {
  private static final long RETURN_0 = InsnWord.of(0xb7, 0, 0, 0, 0);
  private static final long EXIT = InsnWord.of(0x95, 0, 0, 0, 0);

  private static long mayGoto(int off) {
    return InsnWord.of(0xe5, 0, 0, off, 0);
  }

  private static long jump(int off) {
    return InsnWord.of(0x05, 0, 0, off, 0);
  }

  /** *(u64 *)(r10 - bytes) = 0 */
  private static long store(int bytes) {
    return InsnWord.of(0x7a, 10, 0, -bytes, 0);
  }

  private static long call(int imm) {
    return InsnWord.of(0x85, 0, 1, 0, imm);
  }

  private static String depth(long... insns) {
    Verdict verdict =
        Verifier.verify(
            Program.of("p", ProgramType.XDP, "GPL", insns, List.of()), VerifierOptions.standard());
    assertThat(verdict).isInstanceOf(Verdict.Accepted.class);
    return verdict.stats().stackDepth();
  }

  @Test
  void mayGotoTakesTwoSlots() {
    assertThat(depth(RETURN_0, mayGoto(1), jump(-2), EXIT)).isEqualTo("16");
    assertThat(depth(RETURN_0, store(24), mayGoto(1), jump(-2), EXIT)).isEqualTo("40");
  }

  @Test
  void mayGotoToTheNextInstructionIsRemoved() {
    assertThat(depth(RETURN_0, mayGoto(0), EXIT)).isEqualTo("0");
    assertThat(depth(RETURN_0, mayGoto(1), mayGoto(0), EXIT)).isEqualTo("0");
    assertThat(depth(RETURN_0, mayGoto(1), jump(0), EXIT)).isEqualTo("16");
  }

  @Test
  void subprogramsThatNothingReachesAreGone() {
    long unlessZero = InsnWord.of(0x15, 0, 0, 1, 0);
    long copy = InsnWord.of(0xb7, 6, 0, 0, 0);
    long[] insns = {RETURN_0, copy, unlessZero, call(1), EXIT, store(64), RETURN_0, EXIT};
    assertThat(depth(insns)).isEqualTo("0");
    insns[2] = jump(0);
    assertThat(depth(insns)).isEqualTo("0+64");
  }
}

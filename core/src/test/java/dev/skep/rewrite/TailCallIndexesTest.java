package dev.skep.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.Assembler;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which tail calls need no test of their index. */
class TailCallIndexesTest {
  private static final List<MapSpec> MAPS =
      List.of(
          MapSpec.of("four", MapType.PROG_ARRAY, 4, 4, 4, 0),
          MapSpec.of("two", MapType.PROG_ARRAY, 4, 4, 2, 0));

  /** r6 = context, r7 = any 32-bit number, r8 = any number; the fragment sets r3, and r2 = four. */
  private static boolean fits(RewriteOptions options, String fragment) {
    String text =
        """
                r6 = r1
                r7 = *(u32 *)(r1 +0)
                r8 = r7
                r8 <<= 13
                r8 *= r7
                r8 ^= r7
                r2 = map[0]
        """
            + fragment.replace(';', '\n')
            + """

                    r1 = r6
                    call #12
            out:    r0 = 0
                    exit
            """;
    Program program =
        Program.of("p", ProgramType.SOCKET_FILTER, "GPL", Assembler.assemble(text), MAPS);
    Verdict verdict = Verifier.verify(program, VerifierOptions.standard());
    assertThat(verdict).as(fragment).isInstanceOf(Verdict.Accepted.class);
    RunnableProgram runnable = Rewriter.rewrite(((Verdict.Accepted) verdict).program(), options);
    for (int i = 0; i < runnable.insns().length; i++) {
      if (InsnWord.code(runnable.insns()[i]) == Opcodes.TAIL_CALL_CODE) {
        return runnable.tailCallIndexFits(i);
      }
    }
    throw new AssertionError("no tail call");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "r3 = 3",
        "r3 = r8;r3 &= 3",
        "r3 = r8;w3 &= 3",
        "r3 = r7;r3 %= 4",
        "r3 = r8;r3 >>= 62",
        "r3 = r7;r3 >>= 30",
        "r3 = r7;if r3 > 3 goto out",
        "r3 = r8;if r3 > 3 goto out",
        "if r8 >= 4 goto out;r3 = r8",
        "r3 = r8;if r8 >= 4 goto out",
        "if w7 >= 4 goto out;w3 = w7",
        "w7 = w8;if w8 > 3 goto out;w3 = w8",
        "r3 = r7;if r7 s> 3 goto out",
        "if r8 < 4 goto +1;goto out;r3 = r8",
        "r3 = r8;r3 <<= 32;r3 >>= 32;if r3 > 3 goto out",
        "r3 = 0;if r7 == 0 goto +1;r3 = 2",
        "r3 = r7;if r3 != 2 goto out",
        "r4 = 4;r3 = r7;if r3 >= r4 goto out",
        "r3 = 1;if r7 > 9 goto +2;r3 = r8;r3 &= 3",
        "r3 = 0;r9 = 0;r3 += 1;if r3 > 3 goto out;if r9 == 1 goto +2;r9 = 1;goto -5",
        "r3 = r7;r3 &= 1;r3 |= 2;r3 ^= 1",
        "r3 = r7;r3 &= 1;r3 += 2",
      })
  void indexThatFits(String fragment) {
    assertThat(fits(RewriteOptions.INDIRECT, fragment)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "r3 = 4",
        "r3 = -1",
        "w3 = -1",
        "r3 = r7",
        "r3 = r8;r3 &= 4",
        "r3 = r7;if r3 > 4 goto out",
        "if r7 > 3 goto +1;r7 += 1;r3 = r7",
        "r3 = r8;if r3 s> 3 goto out",
        "r3 = r8;if w3 > 3 goto out",
        "r3 = r7;r3 &= 3;r3 -= 1",
        "r3 = r7;r3 &= 3;r3 = -r3",
        "r3 = 3;if r7 == 0 goto +1;r3 = r7",
        "r3 = r7;r3 &= 3;r3 += r3",
        "r3 = 0;may_goto +2;r3 += 1;goto -3",
        "r3 = r7;r3 &= 3;if r7 != 0 goto +3;r4 = 18446744073709551614 ll;r3 += r4",
        "r3 = r8;r3 = (s8)r3",
      })
  void indexThatMayNotFit(String fragment) {
    assertThat(fits(RewriteOptions.INDIRECT, fragment)).isFalse();
  }

  /** The size that counts is that of the smallest array that can get there. */
  @Test
  void otherMaps() {
    String other = "r2 = map[0];if r7 == 5 goto +2;r2 = map[1];r3 = r8;r3 &= ";
    assertThat(fits(RewriteOptions.SEED, other + 1)).isTrue();
    assertThat(fits(RewriteOptions.SEED, other + 3)).isFalse();
    assertThat(fits(RewriteOptions.LINUX, "r3 = r8;r3 &= 1;r4 = map[1]")).isTrue();
    assertThat(fits(RewriteOptions.LINUX, "r3 = r8;r3 &= 3;r4 = map[1]")).isFalse();
  }

  /**
   * The verifier finds the second way covered by the first, since no access depends on the index:
   * its own ranges would say 3.
   */
  @Test
  void pathsThatTheVerifierDoesNotFollow() {
    String covered = "r3 = r8;r4 = 0;if r7 == 0 goto +1;r3 &= 3;r4 = 1;if r7 == 1 goto +0;r5 = 7";
    assertThat(fits(RewriteOptions.INDIRECT, covered)).isFalse();
  }
}

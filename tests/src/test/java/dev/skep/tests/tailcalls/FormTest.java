package dev.skep.tests.tailcalls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallImm;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The texts of {@link Form} really get that form: otherwise tests in all forms would test one. */
final class FormTest {
  @ParameterizedTest
  @EnumSource
  void theTextHasTheForm(Form form) {
    String text = form.tailCall(Rig.FIRST_ARRAY, Rig.FIRST_ARRAY + 1, 2) + "r0 = 0\nexit";
    try (Rig rig = new Rig("interp", 3, 3)) {
      Verdict verdict = Verifier.verify(rig.program(text), VerifierOptions.standard());
      assertThat(verdict).isInstanceOf(Verdict.Accepted.class);
      RunnableProgram rewritten =
          Rewriter.rewrite(((Verdict.Accepted) verdict).program(), RewriteOptions.SEED);
      int calls = 0;
      for (long word : rewritten.insns()) {
        if (InsnWord.code(word) == Opcodes.TAIL_CALL_CODE) {
          calls++;
          TailCallImm.Form found = TailCallImm.form(rewritten.tailCalls(), InsnWord.imm(word));
          assertThat(found).hasToString(form.name());
        }
      }
      assertThat(calls).isEqualTo(1);
    }
  }
}

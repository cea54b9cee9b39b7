package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Test;

class LateRejectionTest {
  private static final String REASON = "no such rewrite\n";

  private static Verdict.Rejected refused(int level, int size) {
    long[] insns = {InsnWord.of(0xb7, 0, 0, 0, 0), InsnWord.of(0x95, 0, 0, 0, 0)};
    Program program = Program.of("p", ProgramType.XDP, "GPL", insns, List.of());
    Verdict verdict = Verifier.verify(program, VerifierOptions.standard().withLog(level, size));
    return ((Verdict.Accepted) verdict).refused(Errno.EINVAL, 1, REASON);
  }

  @Test
  void comesBeforeTheCounters() {
    Verdict.Rejected all = refused(1, Integer.MAX_VALUE);
    assertThat(all.errno()).isEqualTo(Errno.EINVAL);
    assertThat(all.message()).isEqualTo("no such rewrite");
    assertThat(all.log()).startsWith(REASON + "processed 2 insns");
    assertThat(refused(5, Integer.MAX_VALUE).log()).startsWith(REASON + "verification time ");
    assertThat(refused(0, Integer.MAX_VALUE).log()).isEmpty();
  }

  @Test
  void mayBeWhatMakesTheLogTooLong() {
    Verdict.Rejected all = refused(1, Integer.MAX_VALUE);
    int whole = all.log().length() + 1;
    assertThat(refused(1, whole).errno()).isEqualTo(Errno.EINVAL);
    assertThat(refused(1, whole - 1).errno()).isEqualTo(Errno.ENOSPC);
    assertThat(refused(1, whole - 1).log()).isEqualTo(all.log().substring(1));
    assertThat(refused(9, whole - 1).log()).isEqualTo(all.log().substring(0, whole - 2));
    assertThat(refused(1, whole - 1).stats().logBytes()).isGreaterThanOrEqualTo(whole);
    assertThat(refused(1, 0).log()).isEmpty();
  }
}

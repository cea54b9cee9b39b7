package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerifierLogTest {
  @Test
  void numbers() {
    VerifierLog log = new VerifierLog(1, Integer.MAX_VALUE);
    log.num(0).add(' ').num(-1).add(' ').num(Long.MIN_VALUE).add(' ').num(Long.MAX_VALUE);
    assertThat(log.text()).isEqualTo("0 -1 -9223372036854775808 9223372036854775807");
    log.reset(0);
    log.num(7, 3).num(1234, 3).add(' ').hex(0).add(' ').hex(-1).add(' ').hex(0x10);
    assertThat(log.text()).isEqualTo("  71234 0x0 0xffffffffffffffff 0x10");
    log.reset(0);
    log.signed(-32768).add(' ').signed(32768).add(' ').unsigned(65535).add(' ').unsigned(65536);
    assertThat(log.text()).isEqualTo("-32768 0x8000 65535 0x10000");
  }

  @Test
  void resetsToAnEarlierPosition() {
    VerifierLog log = new VerifierLog(1, Integer.MAX_VALUE);
    log.add("kept\n");
    long here = log.end();
    log.add("a path that succeeded\n");
    log.reset(here);
    log.add("failed\n");
    assertThat(log.text()).isEqualTo("kept\nfailed\n");
    assertThat(log.lastLine()).isEqualTo("failed");
    assertThat(log.truncated()).isFalse();
  }

  @Test
  void levelZeroKnowsTheReasonOnly() {
    VerifierLog log = new VerifierLog(0, Integer.MAX_VALUE);
    log.add("R0 !read_ok\n");
    assertThat(log.text()).isEmpty();
    assertThat(log.lastLine()).isEqualTo("R0 !read_ok");
  }

  @Test
  void rotatingKeepsTheEnd() {
    VerifierLog log = new VerifierLog(1, 8);
    log.add("0123456").add("789");
    assertThat(log.text()).isEqualTo("3456789");
    assertThat(log.truncated()).isTrue();
  }

  /** Whatever is said, the memory is that of the buffer; what it shows is as if all was kept. */
  @Test
  void keepsWhatCanBeShown() {
    StringBuilder all = new StringBuilder();
    VerifierLog rotating = new VerifierLog(2, 10_000);
    VerifierLog fixed = new VerifierLog(2 | VerifierLog.FIXED, 10_000);
    VerifierLog quiet = new VerifierLog(0, Integer.MAX_VALUE);
    VerifierLog everything = new VerifierLog(2, Integer.MAX_VALUE);
    for (int i = 0; i < 200_000; i++) {
      if (i % 1000 == 999) {
        long here = rotating.end() - 11;
        assertThat(here).isEqualTo(all.length() - 11);
        for (VerifierLog log : List.of(rotating, fixed, quiet, everything)) {
          log.reset(here);
        }
        all.setLength((int) here);
      }
      for (VerifierLog log : List.of(rotating, fixed, quiet, everything)) {
        log.add("line ").num(i, 6).add(i % 7 == 0 ? " again" : "").line();
      }
      all.append(String.format("line %6d%s\n", i, i % 7 == 0 ? " again" : ""));
    }
    String text = all.toString();
    assertThat(rotating.text()).isEqualTo(text.substring(text.length() - 9_999));
    assertThat(fixed.text()).isEqualTo(text.substring(0, 9_999));
    assertThat(everything.text()).isEqualTo(text);
    String last = text.substring(text.lastIndexOf('\n', text.length() - 2) + 1, text.length() - 1);
    assertThat(quiet.lastLine()).isEqualTo(last);
    assertThat(fixed.lastLine()).isEqualTo(last);
    assertThat(fixed.trueSize()).isEqualTo(rotating.trueSize());
    assertThat(rotating.footprint()).isLessThan(100_000);
    assertThat(fixed.footprint()).isLessThan(100_000);
    assertThat(quiet.footprint()).isLessThan(100_000);
  }

  @Test
  void whatRotatedOutDoesNotComeBackByAReset() {
    VerifierLog log = new VerifierLog(1, 8);
    log.add("0123456789");
    log.reset(5);
    log.add("ab");
    assertThat(log.text()).isEqualTo("34ab");
    log.reset(1);
    assertThat(log.text()).isEmpty();
  }

  @Test
  void fixedKeepsTheBeginning() {
    VerifierLog log = new VerifierLog(1 | VerifierLog.FIXED, 8);
    log.add("0123456").add("789");
    assertThat(log.text()).isEqualTo("0123456");
    assertThat(log.truncated()).isTrue();
  }

  @Test
  void exactFit() {
    VerifierLog log = new VerifierLog(1, 8);
    log.add("0123456");
    assertThat(log.text()).isEqualTo("0123456");
    assertThat(log.truncated()).isFalse();
  }

  @Test
  void withoutABufferOnlyTheSizeIsTold() {
    VerifierLog log = new VerifierLog(2, 0);
    log.add("0123456");
    assertThat(log.text()).isEmpty();
    assertThat(log.trueSize()).isEqualTo(8);
    assertThat(log.truncated()).isFalse();
  }

  @Test
  void theSizeIsThatOfTheLongestText() {
    VerifierLog log = new VerifierLog(1, 100);
    log.add("0123456789");
    log.reset(2);
    log.add("x");
    assertThat(log.text()).isEqualTo("01x");
    assertThat(log.trueSize()).isEqualTo(11);
  }

  /** As bpf(2) answers to each combination. */
  @Test
  void combinations() {
    assertThat(VerifierLog.isValid(0, Integer.MAX_VALUE)).isTrue();
    assertThat(VerifierLog.isValid(0, 0)).isTrue();
    assertThat(VerifierLog.isValid(0, 100)).isFalse();
    assertThat(VerifierLog.isValid(15, 1)).isTrue();
    assertThat(VerifierLog.isValid(15, 0)).isTrue();
    assertThat(VerifierLog.isValid(16, 100)).isFalse();
    assertThat(VerifierLog.isValid(1, 0x3fffffff)).isTrue();
    assertThat(VerifierLog.isValid(1, 0x40000000)).isFalse();
    assertThat(VerifierLog.isValid(1, -1)).isFalse();
  }

  private static final long[] RETURNS = {
    InsnWord.of(0xb7, 0, 0, 0, 0), InsnWord.of(0x95, 0, 0, 0, 0)
  };

  private static Verdict judge(int level, int size) {
    return Verifier.verify(
        Program.of("p", ProgramType.XDP, "GPL", RETURNS, List.of()),
        VerifierOptions.standard().withLog(level, size));
  }

  @Test
  void acceptedProgramsAreNotLoadedIfTheLogDoesNotFit() {
    Verdict all = judge(2, Integer.MAX_VALUE);
    int bytes = (int) all.stats().logBytes();
    assertThat(all).isInstanceOf(Verdict.Accepted.class);
    assertThat(all.log()).hasSize(bytes - 1);
    assertThat(judge(2, bytes)).isInstanceOf(Verdict.Accepted.class);
    assertThat(judge(2, bytes - 1))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            cut -> {
              assertThat(cut.errno()).isEqualTo(Errno.ENOSPC);
              assertThat(cut.log()).isEqualTo(all.log().substring(1));
              assertThat(cut.stats().logBytes()).isEqualTo(bytes);
            });
    assertThat(judge(2 | VerifierLog.FIXED, bytes - 1).log())
        .isEqualTo(all.log().substring(0, bytes - 2));
    assertThat(judge(2, 0)).isInstanceOf(Verdict.Accepted.class);
    assertThat(judge(2, 0).stats().logBytes()).isEqualTo(bytes);
  }

  @Test
  void combinationsThatAreRefused() {
    assertThat(judge(16, 100))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class, no -> assertThat(no.errno()).isEqualTo(Errno.EINVAL));
    assertThat(judge(0, 100).log()).isEmpty();
    assertThat(judge(0, 100)).isInstanceOf(Verdict.Rejected.class);
  }
}

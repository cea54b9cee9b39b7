package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

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
    int here = log.end();
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
}

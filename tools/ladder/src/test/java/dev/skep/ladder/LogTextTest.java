package dev.skep.ladder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.InsnWord;
import org.junit.jupiter.api.Test;

/** What is taken out of the kernel's logs. */
class LogTextTest {
  private static final String LOG =
      """
      0: R1=ctx() R10=fp0
      0: (18) r1 = 0xffff888101234000       ; R1_w=map_ptr(map=m,ks=4,vs=4)
      2: (18) r2 = 0x1122334455667788       ; R2_w=0x1122334455667788
      4: (95) exit
      R0 !read_ok
      verification time 123 usec
      stack depth 0
      processed 3 insns (limit 1000000) max_states_per_insn 1 total_states 2 peak_states 4 mark_read 0
      """;

  private static final long[] INSNS = {
    InsnWord.of(0x18, 1, 1, 0, 0),
    0,
    InsnWord.of(0x18, 2, 0, 0, 0),
    0,
    InsnWord.of(0x95, 0, 0, 0, 0)
  };

  @Test
  void addressesOfMapsAndTimesAreMasked() {
    assertThat(LogText.masked(LOG, INSNS))
        .contains("(18) r1 = ADDRESS ; R1_w")
        .contains("(18) r2 = 0x1122334455667788")
        .contains("verification time T usec");
  }

  @Test
  void theLastErrorStandsBeforeTheCounters() {
    assertThat(LogText.lastError(LOG)).isEqualTo("R0 !read_ok");
  }

  @Test
  void aMessageWithoutLineFeedIsCutFromTheCounters() {
    String glued = "too many stateprocessed 3 insns (limit 1000000) max_states_per_insn 0\n";
    assertThat(LogText.lastError(glued)).isEqualTo("too many state");
    assertThat(LogText.counters(glued)).startsWith("processed 3 insns");
  }

  @Test
  void countersHaveNames() {
    String counters = LogText.counters(LOG);
    assertThat(LogText.counter(counters, "insns")).isEqualTo(3);
    assertThat(LogText.counter(counters, "total_states")).isEqualTo(2);
    assertThat(LogText.counter(counters, "peak_states")).isEqualTo(4);
    assertThat(LogText.counter(counters, "max_states_per_insn")).isEqualTo(1);
    assertThat(LogText.counter("", "insns")).isEqualTo(-1);
  }
}

package dev.skep.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.rewrite.TailCallImm.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TailCallImmTest {
  @ParameterizedTest
  @CsvSource({
    "SEED, 0, false, -1, 0x0, STATIC",
    "SEED, 5, false, -1, 0x5, STATIC",
    "SEED, 63, false, -1, 0x3f, STATIC",
    "SEED, 5, true, -1, 0x105, DYNAMIC",
    "SEED, 2, false, 0, 0x10002, DIRECT",
    "SEED, 0, false, 1023, 0x4000000, DIRECT",
    "LINUX_6_18, 5, false, -1, 0x0, DYNAMIC",
    "LINUX_6_18, 5, true, -1, 0x0, DYNAMIC",
    "LINUX_6_18, 5, false, 0, 0x1, DIRECT",
    "LINUX_6_18, 5, false, 1023, 0x400, DIRECT",
  })
  void threeFieldsOrOne(
      TailCallDialect dialect, int map, boolean dynamic, int poke, String hex, Form form) {
    int imm = TailCallImm.encode(dialect, map, dynamic, poke);
    assertThat(imm).isEqualTo(Integer.decode(hex));
    assertThat(TailCallImm.form(dialect, imm)).isEqualTo(form);
    assertThat(TailCallImm.poke(dialect, imm)).isEqualTo(poke);
    if (dialect == TailCallDialect.SEED) {
      assertThat(TailCallImm.map(imm)).isEqualTo(map);
    }
  }

  @Test
  void dialectsHaveNames() {
    for (TailCallDialect dialect : TailCallDialect.values()) {
      assertThat(TailCallDialect.parse(dialect.text())).isEqualTo(dialect);
    }
    assertThatThrownBy(() -> TailCallDialect.parse("linux"))
        .hasMessage("dialect \"linux\", want seed or linux-6.18");
  }
}

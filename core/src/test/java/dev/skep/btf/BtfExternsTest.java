package dev.skep.btf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Declarations of the kernel's symbols become definitions that it reads. */
class BtfExternsTest {
  private static Btf declaring(String section) {
    BtfBuilder builder = BtfBuilder.create();
    builder.add(new BtfType.Int("long", 8, 1, 0, 64));
    builder.add(new BtfType.Var("runqueues", 1, 2));
    builder.add(
        new BtfType.FuncProto(0, List.of(new BtfType.Param("", 1), new BtfType.Param("", 0))));
    builder.add(new BtfType.Func("bpf_trace", 3, BtfType.FUNC_EXTERN));
    builder.add(new BtfType.Var("other", 1, 2));
    builder.add(
        new BtfType.DataSec(
            section, 0, List.of(new BtfType.SectionVar(2, 0, 0), new BtfType.SectionVar(4, 0, 0))));
    return builder.build();
  }

  @Test
  void entriesAreInts() {
    Btf btf = BtfExterns.define(declaring(".ksyms"));
    assertThat(btf.type(7)).isEqualTo(new BtfType.Int("int", 4, 1, 0, 32));
    assertThat(btf.type(8)).isEqualTo(new BtfType.Var("dummy_ksym", 7, 1));
    assertThat(btf.type(2)).isEqualTo(new BtfType.Var("runqueues", 7, 1));
    assertThat(btf.type(4)).isEqualTo(new BtfType.Func("bpf_trace", 3, BtfType.FUNC_GLOBAL));
    assertThat(btf.type(3))
        .isEqualTo(
            new BtfType.FuncProto(
                0, List.of(new BtfType.Param("dummy_ksym", 1), new BtfType.Param("", 0))));
    assertThat(btf.type(6))
        .isEqualTo(
            new BtfType.DataSec(
                ".ksyms",
                8,
                List.of(new BtfType.SectionVar(2, 0, 4), new BtfType.SectionVar(8, 4, 4))));
  }

  @Test
  void othersStay() {
    assertThat(BtfExterns.define(declaring(".ksyms")).type(5))
        .isEqualTo(new BtfType.Var("other", 1, 2));
    Btf without = declaring(".data");
    assertThat(BtfExterns.define(without)).isSameAs(without);
  }
}

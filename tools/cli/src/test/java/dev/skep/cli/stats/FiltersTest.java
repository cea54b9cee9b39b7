package dev.skep.cli.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FiltersTest {
  private static Filters filters(String texts) {
    return Filters.parse(texts.isEmpty() ? List.of() : List.of(texts.split(" ")));
  }

  @ParameterizedTest
  @CsvSource({
    "'', a.o, p, true",
    "p, a.o, p, true",
    "p, a.o, pp, false",
    "p*, a.o, pp, true",
    "?p, a.o, pp, true",
    "a.o, a.o, p, true",
    "*.o, a.o, p, true",
    "a*o*b, axoxxb, p, true",
    "a*o*b, axoxxc, p, false",
    "b.o/, a.o, p, false",
    "a.o/, a.o, p, true",
    "/p, a.o, p, true",
    "/p, p, q, false",
    "a.*/p, a.o, p, true",
    "a.*/p, a.o, q, false",
    "a.o:p, a.o, p, true",
    "a.o:p, a.o, q, false",
    "p q, a.o, q, true",
    "!p, a.o, p, false",
    "!p, a.o, q, true",
    "!a.o, a.o, q, false",
    // Either name is enough to leave out.
    "!a.o/p, a.o, q, false",
    "!a.o/p, b.o, p, false",
    "!a.o/p, b.o, q, true",
    "q* !qq, a.o, qq, false",
    "q* !qq, a.o, qa, true",
    "p.x, a.o, pax, false",
    "insns>1, a.o, p, true",
  })
  void namesSelect(String texts, String file, String program, boolean expected) {
    assertThat(filters(texts).wants(file, program)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "'', a.o, true",
    "a.o/x, a.o, true",
    "b.o/x, a.o, false",
    // It may be the name of a program.
    "x, a.o, true",
    "!a.o, a.o, false",
    "!a.o/, a.o, false",
    "!x, a.o, true",
    "b.o/ /p, a.o, true",
  })
  void filesAreOpenedOnlyWhereSomethingMayBeWanted(String texts, String file, boolean expected) {
    assertThat(filters(texts).wantsFile(file)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "insns=100, true",
    "insns==100, true",
    "insns!=100, false",
    "insns<>99, true",
    "insns<100, false",
    "insns<=100, true",
    "insns>99, true",
    "insns>=101, false",
    "total_insns=100, true",
    "insns_a=100, true",
    "|insns|=100, true",
    "verdict=success, true",
    "verdict=T, true",
    "verdict=1, true",
    "verdict!=failure, true",
    "verdict=fail, false",
    "mem_peak=1, true",
    "mem_peak<-0, false",
    "mem_peak=-1, true",
    "mem_peak<-2, false",
    "prog_type=6, true",
    "errno=0, false",
    "insns>1000 dur>5, true",
    "insns>1000 dur>50, false",
    "!insns>50, false",
    "insns>50 !dur=7, false",
    "!verdict=failure, true",
    "p*, true",
  })
  void figuresSelect(String texts, boolean expected) {
    StatRow row =
        StatRow.of("a.o", "q")
            .with(Statistic.VERDICT, Value.verdict("accepted"))
            .with(Statistic.TOTAL_INSNS, 100)
            .with(Statistic.DURATION, 7)
            .with(Statistic.MEMORY_PEAK, -1)
            .with(Statistic.PROG_TYPE, Value.programType("xdp"));
    assertThat(filters(texts).wants(row)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nosuch=1", "=1", "file=1", "message=1", "insns=", "insns=many", "insns>1x"})
  void whatIsNoFilterIsRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> filters(text));
  }

  @ParameterizedTest
  @CsvSource({
    "insns, TOTAL_INSNS, B, false, false",
    "insns^, TOTAL_INSNS, B, false, true",
    "insnsv, TOTAL_INSNS, B, false, false",
    "total_insns_, TOTAL_INSNS, B, false, false",
    "insns_a, TOTAL_INSNS, A, false, false",
    "insns_diff^, TOTAL_INSNS, DIFF, false, true",
    "|insns_pct|, TOTAL_INSNS, PCT, true, false",
    "|insns_pct|^, TOTAL_INSNS, PCT, true, true",
    "prog, PROG_NAME, B, false, true",
    "filename., FILE_NAME, B, false, false",
    "verdict, VERDICT, B, false, true",
    "prog_type, PROG_TYPE, B, false, false",
    "mark_read, MARK_READ, B, false, false",
    "dur!, DURATION, B, false, false",
    "stack, STACK, B, false, false",
    "prog_size_jited_b, JITED, B, false, false",
  })
  void specsAreRead(
      String text, Statistic statistic, Variant variant, boolean absolute, boolean ascending) {
    assertThat(StatSpec.all(List.of(text)))
        .containsExactly(new StatSpec(statistic, variant, absolute, ascending));
  }
}

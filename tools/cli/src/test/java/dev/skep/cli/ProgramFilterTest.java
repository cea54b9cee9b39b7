package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProgramFilterTest {
  @ParameterizedTest
  @CsvSource({
    "'', a.o, p, true",
    "p, a.o, p, true",
    "p, a.o, pp, false",
    "p*, a.o, pp, true",
    "?p, a.o, pp, true",
    "b.o/, a.o, p, false",
    "a.*/p, a.o, p, true",
    "!p, a.o, p, false",
    "!p, a.o, q, true",
    "q* !qq, a.o, qq, false",
    "q* !qq, a.o, qa, true",
    "p.x, a.o, pax, false",
  })
  void selects(String filters, String object, String program, boolean expected) {
    List<String> texts = filters.isEmpty() ? List.of() : List.of(filters.split(" "));
    assertThat(new ProgramFilter(texts).accepts(object, program)).isEqualTo(expected);
  }
}

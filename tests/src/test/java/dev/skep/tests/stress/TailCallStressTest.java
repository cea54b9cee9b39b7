package dev.skep.tests.stress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.testing.Check;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A few seconds of {@link TailCallStress}. */
final class TailCallStressTest {
  @Check({91, 92, 93, 94})
  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"jit", "jit-kernel", "interp"})
  void onlyAllowedResultsAndNothingIsLeft(String engine) throws InterruptedException {
    TailCallStress.Report report =
        TailCallStress.run(engine, TailCallStress.opener(engine), 3, 1000, 1);
    assertThat(report.runs()).isGreaterThan(1000);
    assertThat(report.reloads()).isPositive();
    assertThat(report.extensions()).isPositive();
    assertThat(report.worlds()).isPositive();
  }
}

package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.program.Dialect;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What the pointers of maps to per-CPU objects may point to. */
class PerCpuObjectsTest {
  /**
   * An object without copies: Linux 6.18.44 lets it in, and a program that finds it takes its first
   * bytes for an address.
   */
  @Test
  void objectsWithoutCopiesStayOut() throws IOException {
    assertThat(verify(Dialect.V6_18)).isInstanceOf(Verdict.Accepted.class);
    assertThat(verify(Dialect.MAINLINE))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no ->
                assertThat(no.message())
                    .isEqualTo("invalid kptr access, R2 type=ptr_ expected=ptr_numbers"));
  }

  private static Verdict verify(Dialect dialect) throws IOException {
    return KernelLogTest.verifyField("owned_in_percpu", dialect);
  }
}

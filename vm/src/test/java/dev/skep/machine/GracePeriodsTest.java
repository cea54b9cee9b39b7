package dev.skep.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GracePeriodsTest {
  private static final int LINKS = 100_000;

  private final Machine machine = Machine.ofCpus(1);

  @AfterEach
  void close() {
    machine.close();
  }

  /** Frees what is held by what was freed before, and so on. */
  private void free(int left, AtomicInteger freed) {
    freed.incrementAndGet();
    if (left > 1) {
      machine.gracePeriods().defer(() -> free(left - 1, freed));
    }
  }

  @Test
  void aChainOfDeferredActionsIsNoDeepStack() {
    AtomicInteger freed = new AtomicInteger();
    machine.gracePeriods().defer(() -> free(LINKS, freed));
    assertThat(freed).hasValue(LINKS);
  }

  @Test
  void whatPilesUpDuringARunIsFreedAtItsEnd() {
    AtomicInteger freed = new AtomicInteger();
    machine.cpus().enter();
    for (int i = 0; i < LINKS / 10; i++) {
      machine.gracePeriods().defer(() -> free(2, freed));
    }
    assertThat(freed).hasValue(0);
    machine.cpus().leave();
    assertThat(freed).hasValue(LINKS / 10 * 2);
    assertThat(machine.gracePeriods().pending()).isZero();
  }
}

package dev.skep.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CpusTest {
  @Test
  void aCpuIsHeldByOneThread() throws InterruptedException {
    try (Machine machine = Machine.ofCpus(3)) {
      AtomicInteger[] inside = {new AtomicInteger(), new AtomicInteger(), new AtomicInteger()};
      AtomicInteger clashes = new AtomicInteger();
      CountDownLatch done = new CountDownLatch(6);
      for (int t = 0; t < 6; t++) {
        new Thread(
                () -> {
                  for (int i = 0; i < 20_000; i++) {
                    Cpu cpu = machine.cpus().enter();
                    if (inside[cpu.index()].getAndIncrement() != 0) {
                      clashes.incrementAndGet();
                    }
                    inside[cpu.index()].getAndDecrement();
                    machine.cpus().leave();
                  }
                  done.countDown();
                })
            .start();
      }
      done.await();
      assertThat(clashes).hasValue(0);
    }
  }

  @Test
  void aNestedRunSharesTheCpu() {
    try (Machine machine = Machine.ofCpus(2)) {
      Cpu outer = machine.cpus().enter();
      assertThat(machine.cpus().enter()).isSameAs(outer);
      machine.cpus().leave();
      assertThat(machine.cpus().held()).isTrue();
      machine.cpus().leave();
      assertThat(machine.cpus().held()).isFalse();
    }
  }

  @Test
  void deferredActionsWaitForReaders() {
    try (Machine machine = Machine.ofCpus(2)) {
      AtomicInteger ran = new AtomicInteger();
      machine.gracePeriods().defer(ran::incrementAndGet);
      assertThat(ran).hasValue(1);
      machine.cpus().enter();
      machine.gracePeriods().defer(ran::incrementAndGet);
      assertThat(ran).hasValue(1);
      assertThat(machine.gracePeriods().pending()).isEqualTo(1);
      machine.cpus().leave();
      assertThat(ran).hasValue(2);
    }
  }

  @Test
  void aReaderThatCameLaterDoesNotHoldUp() throws InterruptedException {
    try (Machine machine = Machine.ofCpus(2)) {
      AtomicInteger ran = new AtomicInteger();
      Cpu first = machine.cpus().enter();
      CountDownLatch in = new CountDownLatch(1);
      CountDownLatch out = new CountDownLatch(1);
      machine.gracePeriods().defer(ran::incrementAndGet);
      Thread later =
          new Thread(() -> {
            machine.cpus().enter();
            in.countDown();
            try {
              out.await();
            } catch (InterruptedException ignored) {
              Thread.currentThread().interrupt();
            }
            machine.cpus().leave();
          });
      later.start();
      in.await();
      assertThat(first.index()).isBetween(0, 1);
      machine.cpus().leave();
      assertThat(ran).hasValue(1);
      out.countDown();
      later.join();
    }
  }
}

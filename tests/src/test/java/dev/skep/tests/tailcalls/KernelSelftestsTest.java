package dev.skep.tests.tailcalls;

import static dev.skep.tests.tailcalls.TailCallObjects.put;
import static dev.skep.tests.tailcalls.TailCallObjects.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.testing.Check;
import dev.skep.tests.engines.Engines;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the kernel's selftests expect of tail calls: tailcall_N, tailcall_bpf2bpf_N and
 * tailcall_bpf2bpf_hierarchy_N, each with programs of our own that do the same.
 */
@ParameterizedClass
@ValueSource(
    strings = {
      "interp",
      "jit",
      "jit-kernel",
      "jit-kernel/linux-6.18",
      "arm64",
      "arm64/bti-pac",
      "linux"
    })
final class KernelSelftestsTest {
  private static final int BUDGET = 33;
  private static final int LENGTH = TailCallObjects.LENGTH;

  private final Engine engine;
  private final LoadedObject tailCalls;
  private final LoadedObject subprograms;

  KernelSelftestsTest(String name) {
    engine = Engines.open(name);
    tailCalls = engine.load(TailCallObjects.open("tailcalls.bpf.o"));
    subprograms = engine.load(TailCallObjects.open("subprograms.bpf.o"));
  }

  @AfterEach
  void close() {
    tailCalls.close();
    subprograms.close();
    engine.close();
  }

  private static void fill(LoadedObject object, String map, String... programs) {
    for (int i = 0; i < programs.length; i++) {
      put(object, map, i, programs[i]);
    }
  }

  private static void delete(LoadedObject object, String map, int slot) {
    object.map(map).delete(Engines.u32(slot));
  }

  private static void assertEmpty(LoadedObject object, String map, int slot) {
    assertThatThrownBy(() -> delete(object, map, slot))
        .isInstanceOfSatisfying(
            BpfErrnoException.class,
            refused -> assertThat(refused.errno()).isEqualTo(Errno.ENOENT));
  }

  private long variable(String name) {
    return subprograms.variable(name).getLong();
  }

  @Test
  @Check(70)
  void tailcall1() {
    fill(tailCalls, "first", "leaf_0", "leaf_1", "leaf_2");
    for (int i = 0; i < 3; i++) {
      assertThat(run(tailCalls, "first_entry")).isEqualTo(i);
      delete(tailCalls, "first", i);
    }
    assertThat(run(tailCalls, "first_entry")).isEqualTo(3);
    fill(tailCalls, "first", "leaf_0", "leaf_1", "leaf_2");
    assertThat(run(tailCalls, "first_entry")).isZero();
    // Other programs in the same slots.
    fill(tailCalls, "first", "leaf_2", "leaf_1", "leaf_0");
    for (int i = 2; i >= 0; i--) {
      assertThat(run(tailCalls, "first_entry")).isEqualTo(i);
      delete(tailCalls, "first", 2 - i);
    }
    for (int i = 0; i < 3; i++) {
      assertEmpty(tailCalls, "first", i);
      assertThat(run(tailCalls, "first_entry")).isEqualTo(3);
    }
  }

  @Test
  @Check(70)
  void tailcall2() {
    fill(tailCalls, "chain", "chain_0", "chain_1", "chain_2", "chain_3", "chain_4");
    assertThat(run(tailCalls, "chain_entry")).isEqualTo(2);
    delete(tailCalls, "chain", 2);
    assertThat(run(tailCalls, "chain_entry")).isEqualTo(1);
    delete(tailCalls, "chain", 0);
    assertThat(run(tailCalls, "chain_entry")).isEqualTo(3);
  }

  @Test
  @Check(70)
  void tailcall3() {
    loop("loop");
  }

  @Test
  @Check(70)
  void tailcall6() {
    loop("loop_unknown");
  }

  private void loop(String name) {
    fill(tailCalls, name, name + "_0");
    assertThat(run(tailCalls, name + "_entry")).isEqualTo(1);
    assertThat(tailCalls.variable("loops").getLong()).isEqualTo(BUDGET);
    delete(tailCalls, name, 0);
    assertThat(run(tailCalls, name + "_entry")).isZero();
    assertThat(tailCalls.variable("loops").getLong()).isEqualTo(BUDGET);
  }

  @Test
  @Check(70)
  void tailcall4() {
    chosen("chosen", 0, 1, 2);
  }

  @Test
  @Check(70)
  void tailcall5() {
    chosen("branched", 1111, 1234, 5678);
  }

  private void chosen(String map, int... selectors) {
    fill(tailCalls, map, "leaf_0", "leaf_1", "leaf_2");
    for (int i = 0; i < selectors.length; i++) {
      tailCalls.variable("selector").set(Engines.u32(selectors[i]));
      assertThat(run(tailCalls, map + "_entry")).isEqualTo(i);
    }
    for (int i = 0; i < selectors.length; i++) {
      tailCalls.variable("selector").set(Engines.u32(selectors[i]));
      delete(tailCalls, map, i);
      assertThat(run(tailCalls, map + "_entry")).isEqualTo(3);
    }
  }

  @Test
  @Check(70)
  void bpf2bpf1() {
    fill(subprograms, "beside", "beside_0", "beside_1");
    assertThat(run(subprograms, "beside_entry")).isEqualTo(1);
    delete(subprograms, "beside", 1);
    assertThat(run(subprograms, "beside_entry")).isZero();
    delete(subprograms, "beside", 0);
    assertThat(run(subprograms, "beside_entry")).isEqualTo(2 * LENGTH);
  }

  @Test
  @Check(70)
  void bpf2bpf2() {
    fill(subprograms, "self", "self_0");
    assertThat(run(subprograms, "self_entry")).isEqualTo(1);
    assertThat(variable("selfs")).isEqualTo(BUDGET);
    delete(subprograms, "self", 0);
    assertThat(run(subprograms, "self_entry")).isZero();
    assertThat(variable("selfs")).isEqualTo(BUDGET);
  }

  @Test
  @Check(70)
  void bpf2bpf3() {
    fill(subprograms, "stacks", "stacks_0", "stacks_1");
    assertThat(run(subprograms, "stacks_entry")).isEqualTo(3 * LENGTH);
    delete(subprograms, "stacks", 1);
    assertThat(run(subprograms, "stacks_entry")).isEqualTo(LENGTH);
    delete(subprograms, "stacks", 0);
    assertThat(run(subprograms, "stacks_entry")).isEqualTo(2 * LENGTH);
  }

  @Test
  @Check(70)
  void bpf2bpf4() {
    nested(0);
  }

  @Test
  @Check(70)
  void bpf2bpf5() {
    nested(1);
  }

  private void nested(int noise) {
    subprograms.variable("noise").set(Engines.u32(noise));
    fill(subprograms, "nested", "nested_0", "nested_1", "nested_2");
    assertThat(run(subprograms, "nested_entry")).isEqualTo(3 * LENGTH);
    assertThat(variable("nests")).isEqualTo(BUDGET - 2);
  }

  @Test
  @Check(70)
  void bpf2bpf6() {
    fill(subprograms, "odd", "odd_0");
    assertThat(run(subprograms, "odd_entry")).isZero();
    assertThat(variable("done")).isEqualTo(1);
  }

  @Test
  @Check({63, 70})
  void hierarchy1() {
    fill(subprograms, "tree", "tree_entry");
    assertThat(run(subprograms, "tree_entry")).isEqualTo(1);
    assertThat(variable("trees")).isEqualTo(BUDGET + 1);
    delete(subprograms, "tree", 0);
    assertThat(run(subprograms, "tree_entry")).isEqualTo(1);
    assertThat(variable("trees")).isEqualTo(BUDGET + 2);
  }

  @Test
  @Check({64, 70})
  void hierarchy2() {
    fill(subprograms, "pair", "pair_0", "pair_1");
    assertThat(run(subprograms, "pair_entry")).isEqualTo(BUDGET);
  }

  @Test
  @Check({65, 70})
  void hierarchy3() {
    put(subprograms, "left", 0, "either_0");
    put(subprograms, "right", 0, "either_1");
    assertThat(run(subprograms, "either_entry")).isEqualTo(BUDGET);
  }

  /** A slot is filled and emptied while its caller runs. */
  @Test
  @Check({70, 94})
  void updatesRaceWithRuns() throws InterruptedException {
    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger updates = new AtomicInteger();
    Thread updater =
        new Thread(() -> {
          while (!stop.get()) {
            put(tailCalls, "first", 0, "leaf_1");
            delete(tailCalls, "first", 0);
            updates.incrementAndGet();
          }
        });
    updater.start();
    try {
      for (int round = 0; round < 10; round++) {
        int before = updates.get();
        while (updates.get() < before + 10) {
          assertThat(run(tailCalls, "first_entry")).isIn(List.of(1, 3));
        }
      }
    } finally {
      stop.set(true);
      updater.join();
    }
    assertThat(run(tailCalls, "first_entry")).isEqualTo(3);
    put(tailCalls, "first", 0, "leaf_1");
    assertThat(run(tailCalls, "first_entry")).isEqualTo(1);
  }
}

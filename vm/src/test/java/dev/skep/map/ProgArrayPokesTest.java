package dev.skep.map;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.Errno;
import dev.skep.machine.Machine;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How changes of a program array reach the direct tail calls of tracked programs. */
@Timeout(60)
class ProgArrayPokesTest {
  private final Machine machine = Machine.ofCpus(2);
  private final Maps maps = new Maps(machine);
  private final FakeProgram.Directory directory = new FakeProgram.Directory();
  private final List<String> heard = new ArrayList<>();
  private final FakeProgram p = program();
  private final FakeProgram q = program();
  private @Nullable ProgArrayMap created;

  private FakeProgram program() {
    return new FakeProgram(machine, directory, FakeProgram.XDP);
  }

  @BeforeEach
  void create() {
    maps.programs(directory);
    created = (ProgArrayMap) maps.create(MapSpec.of("jumps", MapType.PROG_ARRAY, 4, 4, 3, 0));
  }

  private ProgArrayMap array() {
    if (created == null) {
      throw new IllegalStateException("not created");
    }
    return created;
  }

  @AfterEach
  void close() {
    array().close();
    maps.settle();
    p.release();
    q.release();
    machine.gracePeriods().synchronize();
    assertThat(directory.programs).as("programs that were not freed").isEmpty();
    machine.close();
  }

  private final class Recorder implements PokeUser {
    private final int[] keys;
    private final boolean waits;

    Recorder(boolean waits, int... keys) {
      this.waits = waits;
      this.keys = keys;
    }

    @Override
    public int[] keys() {
      return keys;
    }

    @Override
    public boolean waits() {
      return waits;
    }

    @Override
    public void poke(int key, @Nullable MapProgram old, @Nullable MapProgram now) {
      heard.add(key + ":" + name(old) + ">" + name(now));
      if (waits && now == null) {
        machine.gracePeriods().synchronize();
      }
    }

    private String name(@Nullable MapProgram program) {
      return program == null ? "-" : program == p ? "p" : "q";
    }
  }

  @Test
  void aUserHearsOfItsKeysOnceItIsTracked() {
    PokeUser user = new Recorder(false, 0, 2);
    assertThat(array().set(2, p)).isZero();
    assertThat(heard).as("not stable yet").isEmpty();
    array().track(user);
    assertThat(array().set(2, q)).isZero();
    assertThat(array().set(1, p)).isZero();
    assertThat(array().set(0, p)).isZero();
    assertThat(array().unset(0)).isZero();
    assertThat(array().unset(0)).isEqualTo(-Errno.ENOENT);
    assertThat(heard).containsExactly("2:->p", "2:p>q", "0:->p", "0:p>-");
    AtomicBoolean freed = new AtomicBoolean();
    array().untrack(user, () -> freed.set(true));
    assertThat(freed).isTrue();
    assertThat(array().unset(2)).isZero();
    assertThat(heard).hasSize(4);
  }

  @Test
  void theOldProgramIsHeldUntilThePokesAreDone() {
    List<Integer> references = new ArrayList<>();
    array()
        .track(
            new PokeUser() {
              @Override
              public int[] keys() {
                return new int[] {1};
              }

              @Override
              public boolean waits() {
                return false;
              }

              @Override
              public void poke(int key, @Nullable MapProgram old, @Nullable MapProgram now) {
                references.add(p.references.get());
                assertThat(array().get(1)).as("the slot has changed before").isSameAs(now);
              }
            });
    array().set(1, p);
    array().set(1, q);
    array().unset(1);
    assertThat(references).containsExactly(2, 2, 1);
    assertThat(p.references).hasValue(1);
    assertThat(p.membership().slots()).isZero();
  }

  @Test
  void aRunDoesNotWaitForItself() {
    array().track(new Recorder(true, 0));
    array().set(0, p);
    array().set(1, p);
    machine.cpus().enter();
    try {
      assertThat(array().unset(0)).isEqualTo(-Errno.EDEADLK);
      assertThat(array().get(0)).as("nothing has changed").isSameAs(p);
      assertThat(array().set(0, q)).as("replacing does not wait").isZero();
      assertThat(array().unset(1)).as("no site jumps there").isZero();
    } finally {
      machine.cpus().leave();
    }
    assertThat(array().unset(0)).isZero();
    assertThat(heard).containsExactly("0:->p", "0:p>q", "0:q>-");
  }

  @Test
  void aRunDoesNotWaitForWhoWaitsForIt() throws InterruptedException {
    PokeUser waiting = new Recorder(true, 0);
    array().track(waiting);
    array().set(0, p);
    AtomicBoolean freed = new AtomicBoolean();
    Thread remover = Thread.ofPlatform().unstarted(() -> array().unset(0));
    machine.cpus().enter();
    try {
      remover.start();
      while (array().get(0) != null) {
        Thread.onSpinWait();
      }
      assertThat(array().set(1, q)).isEqualTo(-Errno.EDEADLK);
      assertThat(q.references).hasValue(1);
      assertThat(q.membership().slots()).isZero();
      array().untrack(waiting, () -> freed.set(true));
      assertThat(freed).as("the remover still uses it").isFalse();
    } finally {
      machine.cpus().leave();
    }
    remover.join();
    assertThat(freed).isTrue();
  }

  /** A wait for runs frees what they have held: that may be a user of this very array. */
  @Test
  void usersMayGoInTheMiddleOfAChange() {
    PokeUser other = new Recorder(false, 0);
    List<Integer> freedAfter = new ArrayList<>();
    array()
        .track(
            new PokeUser() {
              @Override
              public int[] keys() {
                return new int[] {0};
              }

              @Override
              public boolean waits() {
                return false;
              }

              @Override
              public void poke(int key, @Nullable MapProgram old, @Nullable MapProgram now) {
                int before = freedAfter.size();
                array().untrack(other, () -> freedAfter.add(heard.size()));
                assertThat(freedAfter).as("not in the middle").hasSize(before);
              }
            });
    array().track(other);
    array().track(new Recorder(false, 0));
    assertThat(array().set(0, p)).isZero();
    assertThat(freedAfter).as("after both others were told").containsExactly(2);
    assertThat(array().set(1, p)).isZero();
    assertThat(heard).hasSize(2);
  }

  @Test
  void closingInsideARunClearsAfterIt() throws InterruptedException {
    array().track(new Recorder(true, 0));
    array().set(0, p);
    machine.cpus().enter();
    try {
      array().close();
    } finally {
      machine.cpus().leave();
    }
    maps.settle();
    assertThat(heard).containsExactly("0:->p", "0:p>-");
    assertThat(p.references).hasValue(1);
  }

  @Test
  void lookupsDoNotWaitForChanges() throws InterruptedException {
    array().track(new Recorder(true, 0));
    array().set(0, p);
    array().set(2, p);
    CountDownLatch looked = new CountDownLatch(1);
    machine.cpus().enter();
    Thread remover = Thread.ofPlatform().start(() -> array().unset(0));
    Thread reader =
        Thread.ofPlatform()
            .start(() -> {
              array().lookup(MapsTest.u32(2));
              looked.countDown();
            });
    try {
      assertThat(looked.await(20, TimeUnit.SECONDS)).isTrue();
    } finally {
      machine.cpus().leave();
    }
    remover.join();
    reader.join();
  }

  @Test
  void aMemberCannotBeExtendedNorTheReverse() {
    array().set(0, p);
    array().set(1, p);
    assertThat(p.membership().extend()).isEqualTo(-Errno.EBUSY);
    array().unset(0);
    assertThat(p.membership().extend()).isEqualTo(-Errno.EBUSY);
    array().unset(1);
    assertThat(p.membership().extend()).isZero();
    assertThat(array().set(0, p)).isEqualTo(-Errno.EBUSY);
    p.membership().unextend();
    assertThat(array().set(0, p)).isZero();
  }
}

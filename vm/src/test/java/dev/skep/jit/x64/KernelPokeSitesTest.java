package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.Errno;
import dev.skep.jit.MachineCode;
import dev.skep.rewrite.PokeDescriptor;
import dev.skep.testing.Check;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which patches a change of a slot makes, and in which order. */
class KernelPokeSitesTest {
  private static final long IMAGE = 0x1000;
  private static final long P = 0x2000;
  private static final long Q = 0x3000;

  private final List<String> done = new ArrayList<>();
  private int answer;

  /** Three sites: two of slot 1 of map 0, and one of slot 1 of map 2. */
  private final KernelPokeSites sites =
      new KernelPokeSites(
          this::poke,
          new MachineCode(
              new byte[0x300],
              new int[] {0, 0x300},
              new int[] {0x300},
              new int[0],
              List.of(),
              List.of(
                  new MachineCode.PokeSite(0, 0x0d, 0x18),
                  new MachineCode.PokeSite(1, 0x10d, 0x118),
                  new MachineCode.PokeSite(2, 0x20d, 0x218)),
              List.of(),
              12),
          List.of(
              new PokeDescriptor(0, 1, 5),
              new PokeDescriptor(2, 1, 6),
              new PokeDescriptor(0, 1, 7)),
          IMAGE);

  private int poke(long site, long from, long to) {
    done.add(
        Long.toHexString(site - IMAGE)
            + (from == TextPoker.NOP ? " nop" : " " + Long.toHexString(from))
            + (to == TextPoker.NOP ? " nop" : " " + Long.toHexString(to)));
    return answer;
  }

  private void update(int map, int key, long old, long now) {
    done.clear();
    sites.update(map, key, old, now, () -> done.add("grace period"));
  }

  @Test
  @Check(88)
  void theTargetIsSetBeforeTheBypassGoes() {
    update(0, 1, 0, P);
    assertThat(done)
        .containsExactly(
            "18 nop 2000", "d 101d nop", // the first site of the slot
            "218 nop 2000", "20d 121d nop");
  }

  @Test
  @Check(88)
  void aReplacementIsOnePatch() {
    update(0, 1, P, Q);
    assertThat(done).containsExactly("18 2000 3000", "218 2000 3000");
  }

  @Test
  @Check(88)
  void aRemovalWaitsBetweenBypassAndTarget() {
    update(2, 1, P, 0);
    assertThat(done).containsExactly("10d nop 111d", "grace period", "118 2000 nop");
  }

  @Test
  void nothingIsWaitedForWhereNothingChanged() {
    answer = 1;
    update(2, 1, P, 0);
    assertThat(done).containsExactly("10d nop 111d", "118 2000 nop");
  }

  @Test
  void otherSlotsAreLeftAlone() {
    update(0, 0, 0, P);
    assertThat(done).isEmpty();
    update(1, 1, 0, P);
    assertThat(done).isEmpty();
    assertThat(sites.maps()).containsExactly(0, 2);
    assertThat(sites.keys(0)).containsExactly(1);
    assertThat(sites.keys(1)).isEmpty();
  }

  @Test
  @Check(89)
  void codeThatIsNotAsExpectedEndsThePokeRun() {
    answer = -Errno.EBUSY;
    assertThatThrownBy(() -> update(0, 1, 0, P))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("poke of 0x1018 from 0x0 to 0x2000: errno 16");
    assertThat(done).hasSize(1);
  }
}

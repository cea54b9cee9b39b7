package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Copies of states share frames and slots, and still none shows what was done to another. */
class StateCopyTest {
  private static final int STATES = 24;
  private static final int STEPS = 20_000;

  /** A state beside what it must hold: registers, types and spilled registers of all frames. */
  private record Pair(State state, List<long[]> regs, List<long[]> types, List<long[]> spills) {
    static Pair fresh() {
      State state = new State();
      Pair pair = new Pair(state, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      pair.enter(new Frame());
      return pair;
    }

    void enter(Frame frame) {
      state.curframe = regs.size();
      frame.frameno = state.curframe;
      state.frames[state.curframe] = frame;
      regs.add(new long[Reg.COUNT * Reg.STRIDE]);
      types.add(new long[64]);
      spills.add(new long[64 * Reg.STRIDE]);
    }

    void leave() {
      state.frames[state.curframe--] = null;
      regs.removeLast();
      types.removeLast();
      spills.removeLast();
    }

    Pair copy() {
      return new Pair(state.copy(), cloned(regs), cloned(types), cloned(spills));
    }

    private static List<long[]> cloned(List<long[]> arrays) {
      List<long[]> clones = new ArrayList<>();
      arrays.forEach(array -> clones.add(array.clone()));
      return clones;
    }

    void check() {
      assertThat(state.curframe).isEqualTo(regs.size() - 1);
      for (int f = 0; f <= state.curframe; f++) {
        Frame frame = state.view(f);
        assertThat(frame.frameno).isEqualTo(f);
        assertThat(frame.regs).isEqualTo(regs.get(f));
        long touched = 0;
        long spilled = 0;
        for (int i = 0; i < frame.slots(); i++) {
          assertThat(frame.types(i)).isEqualTo(types.get(f)[i]);
          touched |= frame.types(i) != StackSlot.ALL_INVALID ? 1L << i : 0;
          spilled |= StackSlot.isSpilled(frame.types(i)) ? 1L << i : 0;
          for (int word = 0; word < Reg.STRIDE; word++) {
            assertThat(frame.spilledView(i)[Frame.spill(i) + word])
                .isEqualTo(spills.get(f)[i * Reg.STRIDE + word]);
          }
        }
        assertThat(frame.touched()).isEqualTo(touched);
        assertThat(frame.spills()).isEqualTo(spilled);
      }
    }
  }

  @Test
  void copiesAreIndependent() {
    Random dice = new Random(7);
    List<Pair> all = new ArrayList<>();
    all.add(Pair.fresh());
    for (int step = 0; step < STEPS; step++) {
      Pair pair = all.get(dice.nextInt(all.size()));
      switch (dice.nextInt(8)) {
        case 0 -> {
          if (all.size() == STATES) {
            all.remove(dice.nextInt(STATES)).check();
          }
          all.add(pair.copy());
        }
        case 1 -> {
          if (pair.state.curframe + 1 < State.MAX_FRAMES) {
            pair.enter(new Frame());
          }
        }
        case 2 -> {
          if (pair.state.curframe > 0) {
            pair.leave();
          }
        }
        default -> change(pair, dice);
      }
    }
    all.forEach(Pair::check);
  }

  private static void change(Pair pair, Random dice) {
    int f = dice.nextInt(pair.state.curframe + 1);
    Frame frame = pair.state.frame(f);
    int word = dice.nextInt(Reg.STRIDE);
    long value = dice.nextLong();
    switch (dice.nextInt(4)) {
      case 0 -> {
        int at = Frame.reg(dice.nextInt(Reg.COUNT)) + word;
        frame.regs[at] = value;
        pair.regs.get(f)[at] = value;
      }
      case 1 -> frame.grow(8 * (1 + dice.nextInt(64)));
      case 2 -> {
        if (frame.slots() > 0) {
          int spi = dice.nextInt(frame.slots());
          long[] types = {StackSlot.ALL_INVALID, StackSlot.ALL_MISC, StackSlot.ALL_SPILL};
          frame.setTypes(spi, types[word % 3]);
          pair.types.get(f)[spi] = types[word % 3];
        }
      }
      default -> {
        if (frame.slots() > 0) {
          int spi = dice.nextInt(frame.slots());
          frame.spilled(spi)[Frame.spill(spi) + word] = value;
          pair.spills.get(f)[spi * Reg.STRIDE + word] = value;
        }
      }
    }
  }

  /** What a checkpoint costs while the program is deep in calls with full stacks. */
  @Test
  void callersAreShared() {
    Pair pair = Pair.fresh();
    for (int i = 1; i < State.MAX_FRAMES; i++) {
      pair.enter(new Frame());
    }
    State copy = pair.state.copy();
    for (int f = 0; f < copy.curframe; f++) {
      assertThat(copy.view(f)).isSameAs(pair.state.view(f));
    }
    assertThat(copy.current()).isNotSameAs(pair.state.current());
    assertThat(copy.frame(0)).isNotSameAs(pair.state.view(0));
  }
}

package dev.skep.fuzz;

import dev.skep.isa.InsnWord;
import dev.skep.ladder.Sample;

/**
 * Changes a few fields of a program at random: most results are refused, some in new ways. Or puts
 * instructions between those of the program ({@link Inserter}).
 */
public final class Mutator {
  private static final int PSEUDO_BTF_ID = 3;

  private Mutator() {}

  public static Sample mutate(Sample sample, long seed) {
    Dice dice = new Dice(seed ^ 0x6d7574617465L);
    if (dice.percent(50)) {
      return Inserter.insert(sample, dice).named(sample.name() + " insertion " + seed);
    }
    long[] insns = sample.program().insns().clone();
    int changes = dice.between(1, 3);
    for (int i = 0; i < changes; i++) {
      change(insns, dice);
    }
    keepMaps(insns, sample.program().maps().size());
    return sample.withInsns(sample.name() + " mutation " + seed, insns);
  }

  private static void change(long[] insns, Dice dice) {
    int at = dice.below(insns.length);
    long word = insns[at];
    insns[at] =
        switch (dice.below(9)) {
          case 0 -> InsnWord.withImm(word, dice.immediate());
          case 1 -> InsnWord.withImm(word, InsnWord.imm(word) + dice.between(-2, 2));
          case 2 -> InsnWord.withOff(word, InsnWord.off(word) + dice.between(-8, 8));
          case 3 -> InsnWord.withDst(word, dice.below(11));
          case 4 -> InsnWord.withSrc(word, dice.below(11));
          case 5 -> InsnWord.withCode(word, InsnWord.code(word) ^ 1 << dice.below(8));
          case 6 -> insns[dice.below(insns.length)];
          case 7 -> InsnWord.of(0x05, 0, 0, dice.percent(70) ? 0 : dice.between(-4, 4), 0);
          default -> InsnWord.of(Code.EXIT, 0, 0, 0, 0);
        };
  }

  /** A map that does not exist is a matter of descriptors, not of the program. */
  private static void keepMaps(long[] insns, int maps) {
    for (int i = 0; i < insns.length; i++) {
      if (InsnWord.code(insns[i]) == Code.LD_IMM64) {
        int src = InsnWord.src(insns[i]);
        boolean loadsMap = src == 1 || src == 2 || src == 5 || src == 6;
        if (loadsMap && Integer.compareUnsigned(InsnWord.imm(insns[i]), maps) >= 0) {
          insns[i] = InsnWord.withSrc(insns[i], 0);
        } else if (src == PSEUDO_BTF_ID && i + 1 < insns.length) {
          // The second half names a descriptor, which may happen to be open or not.
          insns[i + 1] = InsnWord.withImm(insns[i + 1], 0);
        }
        i++;
      }
    }
  }
}

package dev.skep.tests.differential;

import dev.skep.isa.InsnWord;
import java.util.Arrays;
import java.util.function.Predicate;

/** Shrinks a program while a property holds: removes instructions, jumps follow. */
final class Minimiser {
  private static final int LD_IMM64 = 0x18;
  private static final int MAX_TRIES = 3000;
  private static final long MAX_MILLIS = 10_000;

  private final Predicate<Sample> interesting;
  private final long end = System.currentTimeMillis() + MAX_MILLIS;
  private int tries;

  Minimiser(Predicate<Sample> interesting) {
    this.interesting = interesting;
  }

  /** A smaller sample that is still interesting, or the same one. */
  Sample shrink(Sample sample) {
    Sample best = sample;
    for (int chunk = Math.max(1, sample.program().insns().length / 2); chunk >= 1; ) {
      Sample smaller = pass(best, chunk);
      if (same(smaller, best)) {
        chunk /= 2;
      }
      best = smaller;
    }
    return best;
  }

  private Sample pass(Sample sample, int chunk) {
    Sample best = sample;
    for (int at = 0; at + chunk < best.program().insns().length && !tired(); ) {
      long[] fewer = without(best.program().insns(), at, at + chunk);
      Sample candidate = best.withInsns(sample.name(), fewer);
      tries++;
      if (fewer.length > 0 && interesting.test(candidate)) {
        best = candidate;
      } else {
        at++;
      }
    }
    return best;
  }

  private boolean tired() {
    return tries > MAX_TRIES || System.currentTimeMillis() > end;
  }

  /** The program without [from, to), the end moved so that no ld_imm64 is split. */
  private static long[] without(long[] insns, int from, int to) {
    int start = isSecond(insns, from) ? from - 1 : from;
    int end = to < insns.length && isSecond(insns, to) ? to + 1 : to;
    long[] left = new long[insns.length - (end - start)];
    for (int i = 0; i < insns.length; i++) {
      if (i < start || i >= end) {
        int moved = i < start ? i : i - (end - start);
        left[moved] = isSecond(insns, i) ? insns[i] : retarget(insns[i], i, start, end);
      }
    }
    return left;
  }

  private static boolean isSecond(long[] insns, int i) {
    return i > 0 && InsnWord.code(insns[i - 1]) == LD_IMM64 && !isSecond(insns, i - 1);
  }

  private static long retarget(long word, int i, int start, int end) {
    int code = InsnWord.code(word);
    int klass = code & 7;
    boolean jump = (klass == 5 || klass == 6) && code != 0x85 && code != 0x95;
    boolean far =
        code == 0x06
            || code == 0x85 && InsnWord.src(word) == 1
            || code == LD_IMM64 && InsnWord.src(word) == 4;
    if (far) {
      return InsnWord.withImm(word, moved(i, InsnWord.imm(word), start, end));
    }
    return jump ? InsnWord.withOff(word, moved(i, InsnWord.off(word), start, end)) : word;
  }

  private static int moved(int i, int distance, int start, int end) {
    return position(i + 1 + distance, start, end) - position(i, start, end) - 1;
  }

  private static int position(int target, int start, int end) {
    if (target < start) {
      return target;
    }
    return target < end ? start : target - (end - start);
  }

  private static boolean same(Sample a, Sample b) {
    return Arrays.equals(a.program().insns(), b.program().insns());
  }
}

package dev.skep.fuzz;

import dev.skep.isa.InsnWord;
import dev.skep.ladder.Sample;
import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** Shrinks a program while a property holds: removes instructions, jumps follow. */
public final class Minimiser {
  private static final int LD_IMM64 = 0x18;
  private static final int MAX_TRIES = 3000;
  private static final long MAX_MILLIS = 10_000;

  private final Predicate<Sample> interesting;
  private final long end = System.currentTimeMillis() + MAX_MILLIS;
  private int tries;

  public Minimiser(Predicate<Sample> interesting) {
    this.interesting = interesting;
  }

  /** A smaller sample that is still interesting, or the same one. */
  public Sample shrink(Sample sample) {
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
      Sample candidate = without(best, at, at + chunk);
      tries++;
      if (candidate.program().insns().length > 0 && interesting.test(candidate)) {
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

  /** The program without [from, to), the borders moved so that no ld_imm64 is split. */
  private static Sample without(Sample sample, int from, int to) {
    long[] insns = sample.program().insns();
    int start = isSecond(insns, from) ? from - 1 : from;
    int end = to < insns.length && isSecond(insns, to) ? to + 1 : to;
    long[] left = new long[insns.length - (end - start)];
    for (int i = 0; i < insns.length; i++) {
      if (i < start || i >= end) {
        int moved = i < start ? i : i - (end - start);
        left[moved] = isSecond(insns, i) ? insns[i] : retarget(insns[i], i, start, end);
      }
    }
    List<FuncInfo> functions = new ArrayList<>();
    for (FuncInfo f : sample.program().funcInfo()) {
      functions.add(new FuncInfo(position(f.insn(), start, end), f.typeId()));
    }
    List<LineInfo> lines = new ArrayList<>();
    for (LineInfo l : sample.program().lineInfo()) {
      int at = position(l.insn(), start, end);
      if (!lines.isEmpty() && lines.getLast().insn() == at) {
        lines.removeLast();
      }
      lines.add(new LineInfo(at, l.fileNameOff(), l.lineOff(), l.lineCol()));
    }
    return sample.withCode(sample.name(), left, functions, lines);
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

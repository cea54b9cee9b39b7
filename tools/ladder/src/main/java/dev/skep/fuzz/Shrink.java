package dev.skep.fuzz;

import dev.skep.ladder.Finding;
import dev.skep.ladder.Ladder;
import dev.skep.ladder.Sample;
import org.jspecify.annotations.Nullable;

/** Makes a program that shows a difference smaller, as long as it shows the same one. */
final class Shrink {
  private Shrink() {}

  static Disagreement of(Ladder ladder, long seed, Sample sample, Finding first, boolean wholeLog) {
    String signature = Tally.signatureOf(first);
    Sample small =
        new Minimiser(candidate -> shown(ladder, candidate, signature, wholeLog) != null)
            .shrink(sample);
    Finding finding = shown(ladder, small, signature, wholeLog);
    // A difference that comes and goes is told as it was found.
    return finding == null
        ? new Disagreement(seed, sample, first, signature)
        : new Disagreement(seed, small, finding, signature);
  }

  private static @Nullable Finding shown(
      Ladder ladder, Sample sample, String signature, boolean wholeLog) {
    Finding first = Tally.firstDifference(ladder.climb(sample, wholeLog));
    return first != null && Tally.signatureOf(first).equals(signature) ? first : null;
  }
}

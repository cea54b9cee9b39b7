package dev.skep.fuzz;

import dev.skep.ladder.Sample;
import java.util.List;

/**
 * Which program each seed stands for: the same recipe and seed give the same program for ever,
 * whoever asks and in whatever order.
 *
 * @param wild percent of the programs that are spoilt or mutated, to meet the verifier's refusals
 * @param logs percent of the programs whose whole log is compared, not only its last line and
 *     counters
 * @param seeds programs to mutate besides the generated ones; may be empty
 */
public record Recipe(int wild, int logs, List<Sample> seeds) {
  private static final long KIND_STREAM = 0x6b696e64L;
  private static final long LOG_STREAM = 0x6c6f67L;
  private static final int REWRITES_PERCENT = 8;

  public Recipe {
    seeds = List.copyOf(seeds);
  }

  /** What the seed's program is. */
  public Kind kind(long seed) {
    Dice dice = new Dice(Dice.mix(seed ^ KIND_STREAM));
    if (!dice.percent(wild)) {
      return dice.percent(REWRITES_PERCENT) ? Kind.REWRITES : Kind.GROWN;
    }
    return switch (dice.below(seeds.isEmpty() ? 2 : 3)) {
      case 0 -> Kind.SPOILT;
      case 1 -> Kind.MUTATED;
      default -> Kind.MUTATED_OBJECT;
    };
  }

  /** The seed's program with its inputs. */
  public Sample sample(long seed) {
    Sample sample =
        switch (kind(seed)) {
          case GROWN -> ProgramGenerator.generate(seed, 0);
          case REWRITES -> RewriteGenerator.generate(seed);
          case SPOILT -> ProgramGenerator.generate(seed, 1 + (int) Long.remainderUnsigned(seed, 8));
          case MUTATED -> Mutator.mutate(parent(seed), seed);
          case MUTATED_OBJECT -> Mutator.mutate(object(seed), seed);
        };
    // What a spoilt program gives may be an address or the time.
    boolean runs = kind(seed) == Kind.GROWN;
    return (runs ? sample : sample.withInputs(List.of(), List.of())).named("seed " + seed);
  }

  private static Sample parent(long seed) {
    boolean rewrites = new Dice(Dice.mix(seed)).percent(REWRITES_PERCENT);
    return rewrites ? RewriteGenerator.generate(seed) : ProgramGenerator.generate(seed, 0);
  }

  private Sample object(long seed) {
    return seeds.get(new Dice(Dice.mix(seed)).below(seeds.size()));
  }

  /** Whether to compare the whole log of the seed's program. */
  public boolean wholeLog(long seed) {
    return new Dice(Dice.mix(seed ^ LOG_STREAM)).percent(logs);
  }
}

package dev.skep.cli.stats;

/** Which figure of a comparison is meant; without a comparison they are all the same. */
public enum Variant {
  /** The first run's. */
  A("_a"),
  /** The second run's. */
  B("_b"),
  /** The second less the first; for names 1 where they are the same and 0 where they are not. */
  DIFF("_diff"),
  /** The difference in percent of the first. */
  PCT("_pct");

  private final String suffix;

  Variant(String suffix) {
    this.suffix = suffix;
  }

  String suffix() {
    return suffix;
  }
}

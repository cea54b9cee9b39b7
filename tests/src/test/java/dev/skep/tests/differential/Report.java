package dev.skep.tests.differential;

/** Prints a difference after shrinking it. */
final class Report {
  private Report() {}

  static void print(Ladder ladder, Sample sample, Rung rung) {
    Sample small = new Minimiser(candidate -> differs(ladder, candidate, rung)).shrink(sample);
    System.out.println("---- " + rung);
    ladder.climb(small).stream()
        .filter(Finding::isDifferent)
        .forEach(finding -> System.out.print(finding.rung() + " " + finding.detail()));
    System.out.println(Show.program(small));
    System.out.println(Cases.line(small));
  }

  private static boolean differs(Ladder ladder, Sample sample, Rung rung) {
    return ladder.climb(sample).stream()
        .anyMatch(finding -> finding.rung() == rung && finding.isDifferent());
  }
}

package dev.skep.fuzz;

import dev.skep.ladder.Ladder;
import dev.skep.ladder.Rung;
import dev.skep.ladder.Sample;
import dev.skep.ladder.Show;
import java.util.List;

/** Prints differences, the first ones shrunk. */
public final class Report {
  private static final int SHRUNK = Integer.getInteger("skep.shrunk", 5);

  private Report() {}

  public static void print(Ladder ladder, List<Tally.Group> groups) {
    for (int i = 0; i < groups.size(); i++) {
      Tally.Group group = groups.get(i);
      System.out.printf("---- %d x %s%n", group.count(), group.rung());
      if (i >= SHRUNK) {
        System.out.print(group.sample().name() + '\n' + group.finding().detail());
        continue;
      }
      String signature = group.finding().signature();
      Sample small =
          new Minimiser(candidate -> shows(ladder, candidate, group.rung(), signature))
              .shrink(group.sample());
      ladder.climb(small).stream()
          .filter(finding -> finding.rung() == group.rung())
          .forEach(finding -> System.out.print(finding.detail()));
      System.out.print(Show.program(small));
      System.out.println(Cases.line(small));
    }
  }

  private static boolean shows(Ladder ladder, Sample sample, Rung rung, String signature) {
    return ladder.climb(sample).stream()
        .anyMatch(finding ->
            finding.rung() == rung
                && finding.isDifferent()
                && finding.signature().equals(signature));
  }
}

package dev.skep.fuzz;

import dev.skep.ladder.Finding;
import dev.skep.ladder.Sample;

/**
 * A program on which Skep and Linux, or two engines, do not agree.
 *
 * @param seed of the program it was found with
 * @param sample the program, shrunk if that was possible
 * @param finding what differs there
 * @param signature the same text for all that look alike
 */
public record Disagreement(long seed, Sample sample, Finding finding, String signature) {
  /** The first lines that differ: what Linux said, and what Skep said. */
  public String linux() {
    return side("  linux: ");
  }

  public String skep() {
    return side("  skep:  ");
  }

  private String side(String prefix) {
    for (String line : finding.detail().split("\n", -1)) {
      if (line.startsWith(prefix)) {
        return line.substring(prefix.length());
      }
    }
    return "";
  }

  /** One line for {@code skep batch}, which tells what each side said. */
  public String batchLine() {
    return BatchLine.of(this);
  }
}

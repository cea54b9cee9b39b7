package dev.skep.ladder;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all rungs said of one program of an object.
 *
 * @param object the object's file
 * @param program empty where the object itself could not be opened
 * @param type libbpf's name of the program's type
 * @param linux the kernel's verdict, "accepted" or an errno's name; empty where it was not asked
 * @param findings in the order of {@link Rung}, one for each rung
 */
public record Comparison(
    String object,
    String program,
    String section,
    String type,
    String linux,
    List<Finding> findings) {
  public Comparison {
    findings = List.copyOf(findings);
  }

  /** The same under another name of the object, such as its path. */
  public Comparison withObject(String name) {
    return new Comparison(name, program, section, type, linux, findings);
  }

  /** Whether some rung differs. */
  public boolean isDifferent() {
    return findings.stream().anyMatch(Finding::isDifferent);
  }

  /** Whether every rung is equal or has nothing to compare. */
  public boolean isEqual() {
    return findings.stream()
        .allMatch(finding ->
            finding.kind() == Finding.Kind.EQUAL || finding.kind() == Finding.Kind.NOT_COMPARED);
  }

  /** What the rung said, or null where it was not climbed. */
  public @Nullable Finding at(Rung rung) {
    return findings.stream().filter(f -> f.rung() == rung).findFirst().orElse(null);
  }
}

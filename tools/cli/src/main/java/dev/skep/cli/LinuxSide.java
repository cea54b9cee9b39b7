package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.errors.SkepException;
import dev.skep.ladder.Finding;
import dev.skep.ladder.LogText;
import dev.skep.ladder.Rung;
import dev.skep.ladder.VerdictRungs;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelVerdict;
import dev.skep.program.Program;
import dev.skep.verify.VerifierOptions;
import java.io.IOException;
import java.util.List;

/**
 * What the running kernel says of a program, beside what Skep says.
 *
 * @param errno positive, 0 when the kernel accepts it
 * @param message the last error line of the kernel's log, empty when it accepts it
 * @param counters the kernel's line of counters, empty without one
 * @param findings verdict, reason, counters, and the logs at both levels
 */
record LinuxSide(int errno, String message, String counters, List<Finding> findings) {
  private static final String[] COUNTERS = {
    "insns", "total_states", "peak_states", "max_states_per_insn"
  };

  /** Asks the kernel; a program whose maps it refuses is not compared. */
  static LinuxSide of(KernelEngine kernel, Program program, VerifierOptions options) {
    try (VerdictRungs rungs = VerdictRungs.climb(kernel, program, options)) {
      KernelVerdict linux = rungs.linux();
      return linux == null
          ? new LinuxSide(0, "", "", rungs.findings())
          : new LinuxSide(
              linux.errno(),
              linux.accepted() ? "" : LogText.lastError(linux.log()),
              LogText.counters(linux.log()),
              rungs.findings());
    } catch (SkepException refused) {
      return notCompared(String.valueOf(refused.getMessage()));
    }
  }

  /** For a program that does not reach the kernel. */
  static LinuxSide notCompared(String why) {
    return new LinuxSide(0, "", "", List.of(Finding.notCompared(Rung.VERDICT, why)));
  }

  /** "equal", "different", "unsupported" (something is missing in Skep) or "not_compared". */
  String outcome() {
    if (isDifferent()) {
      return "different";
    }
    if (findings.stream().anyMatch(finding -> finding.kind() == Finding.Kind.UNSUPPORTED)) {
      return "unsupported";
    }
    return findings.getFirst().kind() == Finding.Kind.EQUAL ? "equal" : "not_compared";
  }

  boolean isDifferent() {
    return findings.stream().anyMatch(Finding::isDifferent);
  }

  /** Writes the fields into an open JSON object. */
  void writeFields(JsonGenerator json) throws IOException {
    json.writeStringField("against_linux", outcome());
    json.writeObjectFieldStart("linux");
    if (isJudged()) {
      json.writeStringField("verdict", errno == 0 ? "accepted" : "rejected");
      json.writeNumberField("errno", errno);
      json.writeStringField("message", message);
      for (String counter : COUNTERS) {
        long value = LogText.counter(counters, counter);
        if (value >= 0) {
          json.writeNumberField(counter, value);
        }
      }
    }
    json.writeEndObject();
    json.writeArrayFieldStart("rungs");
    for (Finding finding : findings) {
      LadderOutput.Lines.write(json, finding);
    }
    json.writeEndArray();
  }

  /** Whether the kernel was asked. */
  private boolean isJudged() {
    return errno != 0 || !counters.isEmpty();
  }
}

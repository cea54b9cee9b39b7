package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.program.AttachType;
import dev.skep.program.Program;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifierStats;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What {@code skep verify} says of one program; the fields of the JSON contract.
 *
 * @param errno positive, 0 when accepted
 * @param message the last error line, the missing piece, or empty
 * @param stats null when the program did not reach the verifier
 * @param xlatedInsns -1 when it was not rewritten
 * @param jitedBytes -1 when it was not compiled
 * @param linux the running kernel's side, where it was asked
 * @param bench what verification costs, where that was measured
 * @param why how a rejection is explained, where that is wanted
 */
record VerdictRow(
    String object,
    String program,
    String section,
    String progType,
    String attachType,
    String verdict,
    int errno,
    String message,
    int insn,
    @Nullable VerifierStats stats,
    int size,
    int xlatedInsns,
    int jitedBytes,
    String log,
    @Nullable LinuxSide linux,
    VerifyBench.@Nullable Result bench,
    @Nullable Why why) {

  static VerdictRow of(
      String object, Program program, Verdict verdict, int xlatedInsns, int jitedBytes) {
    String name =
        switch (verdict) {
          case Verdict.Accepted _ -> "accepted";
          case Verdict.Rejected _ -> "rejected";
          case Verdict.Unsupported _ -> "unsupported";
        };
    String message =
        switch (verdict) {
          case Verdict.Accepted _ -> "";
          case Verdict.Rejected rejected -> rejected.message();
          case Verdict.Unsupported unsupported -> unsupported.what();
        };
    int errno = verdict instanceof Verdict.Rejected rejected ? rejected.errno() : 0;
    int insn =
        switch (verdict) {
          case Verdict.Accepted _ -> -1;
          case Verdict.Rejected rejected -> rejected.insn();
          case Verdict.Unsupported unsupported -> unsupported.insn();
        };
    return new VerdictRow(
        object,
        program.name(),
        program.section(),
        program.type().text(),
        attachName(program),
        name,
        errno,
        message,
        insn,
        verdict.stats(),
        program.insns().length,
        xlatedInsns,
        jitedBytes,
        verdict.log(),
        null,
        null,
        null);
  }

  /** A program or object that never reached the verifier. */
  static VerdictRow failed(
      String object, String program, String section, String type, String verdict, String message) {
    return new VerdictRow(
        object, program, section, type, "", verdict, 0, message, -1, null, 0, -1, -1, "", null,
        null, null);
  }

  private static String attachName(Program program) {
    AttachType type = AttachType.ofNumber(program.expectedAttachType());
    return type == null || program.expectedAttachType() == 0 ? "" : type.text();
  }

  /** The same beside the running kernel, and with what verification costs. */
  VerdictRow beside(@Nullable LinuxSide side, VerifyBench.@Nullable Result cost) {
    return new VerdictRow(
        object,
        program,
        section,
        progType,
        attachType,
        verdict,
        errno,
        message,
        insn,
        stats,
        size,
        xlatedInsns,
        jitedBytes,
        log,
        side,
        cost,
        why);
  }

  /** The same with how to explain it, if it is a rejection. */
  VerdictRow explainedBy(@Nullable Why explaining) {
    if (!verdict.equals("rejected")) {
      return this;
    }
    return new VerdictRow(
        object,
        program,
        section,
        progType,
        attachType,
        verdict,
        errno,
        message,
        insn,
        stats,
        size,
        xlatedInsns,
        jitedBytes,
        log,
        linux,
        bench,
        explaining);
  }

  /** How the running kernel's answer compares; empty where it was not asked. */
  String againstLinux() {
    return linux == null ? "" : linux.outcome();
  }

  boolean accepted() {
    return verdict.equals("accepted");
  }

  int exitStatus() {
    if (linux != null && linux.isDifferent()) {
      return ExitStatus.REJECTED;
    }
    return switch (verdict) {
      case "accepted" -> ExitStatus.OK;
      case "rejected" -> ExitStatus.REJECTED;
      case "unsupported" -> ExitStatus.UNSUPPORTED;
      default -> ExitStatus.MALFORMED;
    };
  }

  /** Writes the fields into an open JSON object. */
  void writeFields(JsonGenerator json, boolean withLog) throws IOException {
    json.writeStringField("verdict", verdict);
    json.writeNumberField("errno", errno);
    json.writeStringField("message", message);
    if (insn >= 0) {
      json.writeNumberField("insn", insn);
    }
    if (stats != null) {
      json.writeNumberField("insns", stats.insnsProcessed());
      json.writeNumberField("total_states", stats.totalStates());
      json.writeNumberField("peak_states", stats.peakStates());
      json.writeNumberField("max_states_per_insn", stats.maxStatesPerInsn());
      json.writeStringField("stack_depth", stats.stackDepth());
    }
    if (xlatedInsns >= 0) {
      json.writeNumberField("xlated_insns", xlatedInsns);
    }
    if (jitedBytes >= 0) {
      json.writeNumberField("jited_bytes", jitedBytes);
    }
    if (stats != null) {
      json.writeNumberField("duration_us", stats.durationNanos() / 1000);
    }
    if (withLog) {
      json.writeStringField("log", log);
    }
  }

  /** Writes a whole object. */
  void write(JsonGenerator json, boolean withLog) throws IOException {
    json.writeStartObject();
    json.writeStringField("object", object);
    json.writeStringField("program", program);
    json.writeStringField("section", section);
    json.writeStringField("prog_type", progType);
    writeFields(json, withLog);
    if (why != null) {
      ExplanationJson.writeField(json, why.explain(message));
    }
    if (linux != null) {
      linux.writeFields(json);
    }
    if (bench != null) {
      bench.writeFields(json);
    }
    json.writeEndObject();
  }
}

package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.stats.StatRow;
import dev.skep.cli.stats.Statistic;
import dev.skep.cli.stats.Value;
import dev.skep.program.AttachType;
import dev.skep.program.Program;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifierStats;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code skep verify} says of one program; the fields of the JSON contract.
 *
 * @param errno positive, 0 when accepted
 * @param message the last error line, the missing piece, or empty
 * @param stats null when the program did not reach the verifier
 * @param xlatedInsns -1 when it was not rewritten
 * @param jitedBytes -1 when it was not compiled
 */
record VerdictRow(
    String object,
    String program,
    String section,
    String progType,
    int attachType,
    String verdict,
    int errno,
    String message,
    int insn,
    @Nullable VerifierStats stats,
    int size,
    int xlatedInsns,
    int jitedBytes,
    String log,
    RowDetails details) {
  private static final VerifierStats NOTHING = new VerifierStats(0, 0, 0, 0, "", 0, 0);

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
        program.expectedAttachType(),
        name,
        errno,
        message,
        insn,
        verdict.stats(),
        program.insns().length,
        xlatedInsns,
        jitedBytes,
        verdict.log(),
        RowDetails.NONE);
  }

  /** A program or object that never reached the verifier. */
  static VerdictRow failed(
      String object, String program, String section, String type, String verdict, String message) {
    return new VerdictRow(
        object,
        program,
        section,
        type,
        0,
        verdict,
        0,
        message,
        -1,
        null,
        0,
        -1,
        -1,
        "",
        RowDetails.NONE);
  }

  private VerdictRow with(RowDetails other) {
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
        other);
  }

  /** The same beside the running kernel, and with what verification costs. */
  VerdictRow beside(@Nullable LinuxSide side, VerifyBench.@Nullable Result cost) {
    return with(details.beside(side, cost));
  }

  /** The same with how to explain it, if it is a rejection. */
  VerdictRow explainedBy(@Nullable Why explaining) {
    return verdict.equals("rejected") ? with(details.explainedBy(explaining)) : this;
  }

  VerdictRow withTopLines(List<TopLines.Line> lines) {
    return with(details.withTopLines(lines));
  }

  VerdictRow withDump(String text) {
    return with(details.withDump(text));
  }

  /** Without the log, which may be long. */
  VerdictRow withoutLog() {
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
        "",
        details);
  }

  @Nullable LinuxSide linux() {
    return details.linux();
  }

  VerifyBench.@Nullable Result bench() {
    return details.bench();
  }

  @Nullable Why why() {
    return details.why();
  }

  /** How the running kernel's answer compares; empty where it was not asked. */
  String againstLinux() {
    LinuxSide linux = linux();
    return linux == null ? "" : linux.outcome();
  }

  boolean accepted() {
    return verdict.equals("accepted");
  }

  /** The verdict in veristat's words. */
  String verdictText() {
    return Value.verdict(verdict).text();
  }

  int exitStatus() {
    LinuxSide linux = linux();
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

  /** The figures in veristat's words; what veristat has no figure for is 0 there. */
  StatRow figures() {
    StatRow row =
        StatRow.of(object.substring(object.lastIndexOf('/') + 1), program)
            .with(Statistic.VERDICT, Value.verdict(verdict))
            .with(Statistic.PROG_TYPE, Value.programType(progType))
            .with(Statistic.ATTACH_TYPE, Value.attachType(attachType))
            .with(Statistic.SECTION, Value.of(section))
            .with(Statistic.ERRNO, errno)
            .with(Statistic.MESSAGE, Value.of(message));
    if (stats != null || errno != 0 || verdict.equals("rejected")) {
      counters(row);
    }
    if (insn >= 0) {
      row.with(Statistic.INSN, insn);
    }
    if (xlatedInsns >= 0) {
      row.with(Statistic.XLATED, xlatedInsns);
    }
    LinuxSide linux = linux();
    VerifyBench.Result bench = bench();
    if (linux != null) {
      row.with(Statistic.LINUX, Value.of(linux.outcome()));
    }
    if (bench != null) {
      row.with(Statistic.COST, Value.ofTenths(bench.skep().median()));
      if (bench.linux() != null) {
        row.with(Statistic.LINUX_COST, Value.ofTenths(bench.linux().median()));
      }
    }
    return row;
  }

  private void counters(StatRow row) {
    VerifierStats counted = stats == null ? NOTHING : stats;
    row.with(Statistic.DURATION, counted.durationNanos() / 1000)
        .with(Statistic.TOTAL_INSNS, counted.insnsProcessed())
        .with(Statistic.TOTAL_STATES, counted.totalStates())
        .with(Statistic.PEAK_STATES, counted.peakStates())
        .with(Statistic.MAX_STATES, counted.maxStatesPerInsn())
        .with(Statistic.STACK, stackBytes(counted.stackDepth()))
        // The kernel of this dialect always prints 0, and nothing measures its memory here.
        .with(Statistic.MARK_READ, 0)
        .with(Statistic.MEMORY_PEAK, -1)
        .with(Statistic.SIZE, size)
        .with(Statistic.JITED, Math.max(jitedBytes, 0));
  }

  /** The sum of the depths of all functions. */
  private static long stackBytes(String depths) {
    long sum = 0;
    for (String depth : depths.split("\\+", -1)) {
      sum += depth.isEmpty() ? 0 : Long.parseLong(depth);
    }
    return sum;
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
      if (stats != null) {
        json.writeNumberField("log_true_size", stats.logBytes());
      }
    }
  }

  /** Writes a whole object. */
  void write(JsonGenerator json, boolean withLog) throws IOException {
    json.writeStartObject();
    json.writeStringField("object", object);
    json.writeStringField("program", program);
    json.writeStringField("section", section);
    json.writeStringField("prog_type", progType);
    if (stats != null) {
      AttachType attach = AttachType.ofNumber(attachType);
      json.writeStringField("attach_type", attach == null ? "" : attach.text());
      json.writeNumberField("prog_size", size);
    }
    writeFields(json, withLog);
    details.writeFields(json, message);
    json.writeEndObject();
  }
}

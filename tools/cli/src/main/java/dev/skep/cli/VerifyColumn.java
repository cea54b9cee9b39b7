package dev.skep.cli;

import dev.skep.verify.VerifierStats;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** The statistics that {@code -e} emits and {@code -s} sorts by, under veristat's names. */
enum VerifyColumn {
  FILE_NAME("file_name", "File", List.of("file", "object"), VerdictRow::object),
  PROG_NAME("prog_name", "Program", List.of("prog", "program"), VerdictRow::program),
  VERDICT("verdict", "Verdict", List.of(), VerdictRow::verdict),
  DURATION(
      "duration", "Duration (us)", List.of("duration_us"), stat(s -> s.durationNanos() / 1000)),
  TOTAL_INSNS("total_insns", "Insns", List.of("insns"), stat(s -> s.insnsProcessed())),
  TOTAL_STATES("total_states", "States", List.of("states"), stat(s -> s.totalStates())),
  PEAK_STATES("peak_states", "Peak states", List.of(), stat(s -> s.peakStates())),
  MAX_STATES(
      "max_states_per_insn",
      "Max states per insn",
      List.of("max_states"),
      stat(s -> s.maxStatesPerInsn())),
  SIZE("prog_size", "Program size", List.of("size"), row -> Integer.toString(row.size())),
  XLATED("xlated_insns", "Xlated insns", List.of(), row -> known(row.xlatedInsns())),
  JITED("jited_size", "Jited size", List.of("jited_bytes"), row -> known(row.jitedBytes())),
  STACK(
      "stack",
      "Stack depth",
      List.of("stack_depth"),
      row -> row.stats() == null ? "N/A" : row.stats().stackDepth()),
  PROG_TYPE("prog_type", "Program type", List.of(), VerdictRow::progType),
  ATTACH_TYPE("attach_type", "Attach type", List.of(), VerdictRow::attachType),
  ERRNO("errno", "Errno", List.of(), row -> Integer.toString(row.errno())),
  MESSAGE("message", "Message", List.of(), VerdictRow::message),
  LINUX("against_linux", "Linux", List.of("linux"), VerdictRow::againstLinux),
  COST("ns_per_insn", "ns per insn", List.of(), row -> cost(row, false)),
  LINUX_COST("linux_ns_per_insn", "Linux ns per insn", List.of(), row -> cost(row, true));

  private final String key;
  private final String head;
  private final List<String> aliases;
  private final Function<VerdictRow, String> cell;

  VerifyColumn(String key, String head, List<String> aliases, Function<VerdictRow, String> cell) {
    this.key = key;
    this.head = head;
    this.aliases = aliases;
    this.cell = cell;
  }

  private static Function<VerdictRow, String> stat(ToLongFunction<VerifierStats> number) {
    return row -> row.stats() == null ? "N/A" : Long.toString(number.applyAsLong(row.stats()));
  }

  /** The median of the rounds. */
  private static String cost(VerdictRow row, boolean linux) {
    VerifyBench.Result bench = row.bench();
    Rounds.Result side = bench == null ? null : linux ? bench.linux() : bench.skep();
    return side == null ? "N/A" : String.format(Locale.ROOT, "%.1f", side.median());
  }

  private static String known(int value) {
    return value < 0 ? "N/A" : Integer.toString(value);
  }

  String key() {
    return key;
  }

  String head() {
    return head;
  }

  String cell(VerdictRow row) {
    return cell.apply(row);
  }

  static VerifyColumn parse(String name) {
    for (VerifyColumn column : values()) {
      if (column.key.equals(name) || column.aliases.contains(name)) {
        return column;
      }
    }
    throw new UsageException(
        "unknown statistic \""
            + name
            + "\"; known: "
            + String.join(", ", Arrays.stream(values()).map(VerifyColumn::key).toList()));
  }

  /** Numbers by size, texts by alphabet; rows without the number last. */
  Comparator<VerdictRow> order() {
    return (a, b) -> {
      String left = cell.apply(a);
      String right = cell.apply(b);
      long leftNumber = number(left);
      long rightNumber = number(right);
      return leftNumber < 0 && rightNumber < 0
          ? left.compareTo(right)
          : Long.compareUnsigned(leftNumber, rightNumber);
    };
  }

  private static long number(String cell) {
    return !cell.isEmpty() && cell.chars().allMatch(c -> c >= '0' && c <= '9')
        ? Long.parseLong(cell)
        : -1;
  }
}

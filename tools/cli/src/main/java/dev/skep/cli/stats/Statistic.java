package dev.skep.cli.stats;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What can be said of a program: veristat's statistics under veristat's names and heads, then our
 * own.
 */
public enum Statistic {
  FILE_NAME("File", Kind.KEY, "file_name", "filename", "file", "object"),
  PROG_NAME("Program", Kind.KEY, "prog_name", "progname", "prog", "program"),
  VERDICT("Verdict", Kind.NAME, "verdict"),
  DURATION("Duration (us)", Kind.NUMBER, "duration", "dur", "duration_us"),
  TOTAL_INSNS("Insns", Kind.NUMBER, "total_insns", "insns"),
  TOTAL_STATES("States", Kind.NUMBER, "total_states", "states"),
  PEAK_STATES("Peak states", Kind.NUMBER, "peak_states"),
  MAX_STATES("Max states per insn", Kind.NUMBER, "max_states_per_insn", "max_states"),
  MARK_READ("Max mark read length", Kind.NUMBER, "max_mark_read_len", "mark_read"),
  SIZE("Program size", Kind.NUMBER, "prog_size", "size"),
  JITED("Jited size", Kind.NUMBER, "prog_size_jited", "jited_size", "jited_bytes"),
  PROG_TYPE("Program type", Kind.NAME, "prog_type"),
  ATTACH_TYPE("Attach type", Kind.NAME, "attach_type"),
  STACK("Stack depth", Kind.NUMBER, "stack_depth", "stack"),
  MEMORY_PEAK("Peak memory (MiB)", Kind.NUMBER, "mem_peak"),
  XLATED("Xlated insns", Kind.NUMBER, "xlated_insns", "xlated"),
  ERRNO("Errno", Kind.NUMBER, "errno"),
  INSN("Instruction", Kind.NUMBER, "insn"),
  SECTION("Section", Kind.TEXT, "section"),
  MESSAGE("Message", Kind.TEXT, "message"),
  LINUX("Linux", Kind.TEXT, "against_linux", "linux"),
  COST("ns per insn", Kind.TENTHS, "ns_per_insn"),
  LINUX_COST("Linux ns per insn", Kind.TENTHS, "linux_ns_per_insn");

  /** What a value is. */
  enum Kind {
    /** Says which program a row is about. */
    KEY,
    /** A number that is shown by its name. */
    NAME,
    NUMBER,
    /** A number with one digit behind the point, kept in tenths. */
    TENTHS,
    /** Words without an order of their own. */
    TEXT
  }

  /** What veristat's CSV has, in its order. */
  public static final List<Statistic> CSV =
      List.of(
          FILE_NAME,
          PROG_NAME,
          VERDICT,
          DURATION,
          TOTAL_INSNS,
          TOTAL_STATES,
          PEAK_STATES,
          MAX_STATES,
          MARK_READ,
          SIZE,
          JITED,
          PROG_TYPE,
          ATTACH_TYPE,
          STACK,
          MEMORY_PEAK);

  /** What veristat's table has, in its order. */
  public static final List<Statistic> TABLE =
      List.of(FILE_NAME, PROG_NAME, VERDICT, DURATION, TOTAL_INSNS, TOTAL_STATES, SIZE, JITED);

  private static final Statistic[] ALL = values();

  private final String head;
  private final Kind kind;
  private final List<String> names;

  Statistic(String head, Kind kind, String... names) {
    this.head = head;
    this.kind = kind;
    this.names = List.of(names);
  }

  /** The head of its column in a table. */
  public String head() {
    return head;
  }

  /** Its first name: the head of its column in CSV. */
  public String key() {
    return names.getFirst();
  }

  /** File and program: the same on both sides of a comparison. */
  boolean isKey() {
    return kind == Kind.KEY;
  }

  /** Whether it can be compared with a number. */
  boolean isNumeric() {
    return kind == Kind.NUMBER || kind == Kind.NAME || kind == Kind.TENTHS;
  }

  /** Whether its values stand at the right of their column. */
  boolean isRightAligned() {
    return kind == Kind.NUMBER || kind == Kind.TENTHS;
  }

  /** Whether its head stands at the left of its column, as veristat has it. */
  boolean isHeadLeft() {
    return isKey() || kind == Kind.TEXT || this == VERDICT;
  }

  /** The order without a sign for it: names and verdicts upwards, figures downwards. */
  boolean isAscending() {
    return isHeadLeft();
  }

  boolean isTenths() {
    return kind == Kind.TENTHS;
  }

  /** The statistic of that name, or null. */
  static @Nullable Statistic named(String name) {
    for (Statistic statistic : ALL) {
      if (statistic.names.contains(name)) {
        return statistic;
      }
    }
    return null;
  }

  /** One line for whoever asked for an unknown one. */
  static IllegalArgumentException unknown(String name) {
    return new IllegalArgumentException(
        "unknown statistic \""
            + name
            + "\"; known: "
            + String.join(", ", Arrays.stream(ALL).map(Statistic::key).toList()));
  }
}

package dev.skep.ladder;

import dev.skep.isa.InsnWord;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Verifier logs made comparable: what differs between machines and runs is masked. */
public final class LogText {
  private static final Pattern WIDE_LOAD =
      Pattern.compile("(?m)((?:^ *(?:\\d+ +)?|before )(\\d+): .*\\(18\\) r\\d+ = )0x[0-9a-f]+ *");
  private static final Pattern TIME = Pattern.compile("verification time \\d+ usec");

  private static final Pattern PROCESSED = Pattern.compile("(?m)^processed (\\d+) insns");

  private static final Pattern GLUED =
      Pattern.compile("([^\\n])(processed \\d+ insns \\(limit|verification time \\d+ usec)");

  private LogText() {}

  /**
   * The log without times, and without the addresses that loads of maps and kernel symbols are
   * printed with.
   */
  public static String masked(String log, Sample sample) {
    return masked(log, sample.program().insns());
  }

  /**
   * The same.
   *
   * @param insns the program as it was loaded
   */
  public static String masked(String log, long[] insns) {
    String text =
        WIDE_LOAD
            .matcher(log)
            .replaceAll(load -> {
              int src = InsnWord.src(insns[Integer.parseInt(load.group(2))]);
              boolean address = src == 1 || src == 2 || src == 3 || src == 5 || src == 6;
              return Matcher.quoteReplacement(address ? load.group(1) + "ADDRESS " : load.group());
            });
    return TIME.matcher(text).replaceAll("verification time T usec");
  }

  /** The last line before the counters: the reason of a rejection. */
  public static String lastError(String log) {
    String last = "";
    for (String line : lines(log)) {
      if (!line.isBlank() && !isCounter(line) && !isState(line)) {
        last = line;
      }
    }
    return last;
  }

  /** The line with the counters, or an empty one. */
  public static String counters(String log) {
    for (String line : lines(log)) {
      if (line.startsWith("processed ")) {
        return line;
      }
    }
    return "";
  }

  /**
   * One number of the line with the counters, or -1.
   *
   * @param name "insns", or as the line has it, such as "peak_states"
   */
  public static long counter(String counters, String name) {
    String pattern = name.equals("insns") ? "processed (\\d+) insns" : "\\b" + name + " (\\d+)";
    Matcher matcher = Pattern.compile(pattern).matcher(counters);
    return matcher.find() ? Long.parseLong(matcher.group(1)) : -1;
  }

  /** How many instructions the verifier walked. */
  public static int processed(String log) {
    Matcher matcher = PROCESSED.matcher(log);
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  /** What follows the message about an infinite loop, or source lines after a message. */
  private static boolean isState(String line) {
    return line.startsWith("cur state:") || line.startsWith("old state:") || line.startsWith("; ");
  }

  /** Some messages of the kernel lack the line feed, so that the counters follow at once. */
  private static String[] lines(String log) {
    return GLUED.matcher(log).replaceAll("$1\n$2").split("\n", -1);
  }

  private static boolean isCounter(String line) {
    return line.startsWith("processed ")
        || line.startsWith("verification time ")
        || line.startsWith("stack depth ");
  }
}

package dev.skep.cli;

import dev.skep.cli.stats.ListFile;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A value for a global variable or a part of it, as {@code -G} sets it: {@code limit = 10}, {@code
 * table[2].key = 0x1f}, {@code mode = FAST}.
 *
 * @param text as it was given
 * @param path from the variable to the part
 */
record GlobalPreset(String text, String variable, List<Step> path, Operand value) {
  private static final Pattern WHOLE =
      Pattern.compile("\\s*([\\[\\]a-zA-Z0-9_.\\s]+?)\\s*=\\s*(\\S+)\\s*");
  private static final Pattern NAME = Pattern.compile("\\s*([a-zA-Z0-9_]+)\\s*");
  private static final Pattern INDEX = Pattern.compile("\\[\\s*([a-zA-Z0-9_]+)\\s*\\]\\s*");

  /** From a variable, or a part of it, to a part of that. */
  sealed interface Step {
    /** A member of a struct or union, or of an anonymous one in it. */
    record Member(String name) implements Step {}

    record Element(Operand index) implements Step {}
  }

  /** A number, or the name of an enumerator. */
  sealed interface Operand {
    record Number(long value) implements Operand {}

    record Enumerator(String name) implements Operand {}
  }

  /**
   * All of the command line; {@code @file} stands for the lines of a file.
   *
   * @throws UsageException if one is none
   */
  static List<GlobalPreset> all(List<String> texts) {
    List<GlobalPreset> presets = new ArrayList<>();
    for (String text : texts) {
      if (text.startsWith("@")) {
        ListFile.lines(text.substring(1)).forEach(line -> presets.add(parse(line)));
      } else {
        presets.add(parse(text));
      }
    }
    return presets;
  }

  static GlobalPreset parse(String text) {
    Matcher whole = WHOLE.matcher(text);
    if (!whole.matches()) {
      throw bad(text, "want \"variable = value\"");
    }
    List<Step> steps = new ArrayList<>();
    for (String part : whole.group(1).split("\\.", -1)) {
      Matcher name = NAME.matcher(part);
      if (!name.lookingAt()) {
        throw bad(text, "\"" + part + "\" is no name");
      }
      steps.add(new Step.Member(name.group(1)));
      Matcher index = INDEX.matcher(part).region(name.end(), part.length());
      while (index.lookingAt()) {
        steps.add(new Step.Element(operand(text, index.group(1))));
        index.region(index.end(), part.length());
      }
      if (index.regionStart() != part.length()) {
        throw bad(text, "\"" + part.substring(index.regionStart()) + "\" is no index");
      }
    }
    String variable = ((Step.Member) steps.removeFirst()).name();
    return new GlobalPreset(text.strip(), variable, steps, operand(text, whole.group(2)));
  }

  private static Operand operand(String text, String value) {
    char first = value.charAt(0);
    if (first != '-' && (first < '0' || first > '9')) {
      return new Operand.Enumerator(value);
    }
    boolean negative = first == '-';
    String digits = negative ? value.substring(1) : value;
    int radix = 10;
    if (digits.startsWith("0x") || digits.startsWith("0X")) {
      radix = 16;
      digits = digits.substring(2);
    } else if (digits.length() > 1 && digits.startsWith("0")) {
      radix = 8;
    }
    try {
      return new Operand.Number(
          negative ? Long.parseLong("-" + digits, radix) : Long.parseUnsignedLong(digits, radix));
    } catch (NumberFormatException e) {
      throw bad(text, "\"" + value + "\" is no number of 64 bits");
    }
  }

  private static UsageException bad(String text, String what) {
    return new UsageException("-G \"" + text.strip() + "\": " + what);
  }
}

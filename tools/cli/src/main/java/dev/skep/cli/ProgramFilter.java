package dev.skep.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Veristat's filters: {@code PROG}, {@code OBJECT/PROG} or {@code OBJECT/}, with {@code *} and
 * {@code ?}; a leading {@code !} leaves out. Without a filter that lets in, everything is in.
 */
final class ProgramFilter {
  private record Rule(Pattern object, Pattern program) {
    boolean matches(String objectName, String programName) {
      return object.matcher(objectName).matches() && program.matcher(programName).matches();
    }
  }

  private final List<Rule> in = new ArrayList<>();
  private final List<Rule> out = new ArrayList<>();

  ProgramFilter(List<String> texts) {
    for (String text : texts) {
      boolean leaveOut = text.startsWith("!");
      String body = leaveOut ? text.substring(1) : text;
      int slash = body.indexOf('/');
      String object = slash < 0 ? "*" : body.substring(0, slash);
      String program = slash < 0 ? body : body.substring(slash + 1);
      (leaveOut ? out : in).add(new Rule(glob(object), glob(program)));
    }
  }

  private static Pattern glob(String text) {
    if (text.isEmpty()) {
      return Pattern.compile(".*");
    }
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '*' -> regex.append(".*");
        case '?' -> regex.append('.');
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex.toString());
  }

  /** Whether the program of the object's file name is wanted. */
  boolean accepts(String object, String program) {
    boolean wanted = in.isEmpty() || in.stream().anyMatch(r -> r.matches(object, program));
    return wanted && out.stream().noneMatch(r -> r.matches(object, program));
  }
}

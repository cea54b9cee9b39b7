package dev.skep.cli.stats;

import dev.skep.program.AttachType;
import dev.skep.program.ProgramType;
import java.util.Locale;

/**
 * One figure of a program.
 *
 * @param text as it is shown
 * @param number as it is compared; {@link #NONE} where there is none
 */
public record Value(String text, long number) {
  /** The number of what is not known. */
  static final long NONE = Long.MIN_VALUE;

  /** Not known. */
  public static final Value UNKNOWN = new Value("N/A", NONE);

  private static final Value SUCCESS = new Value("success", 1);
  private static final Value FAILURE = new Value("failure", 0);

  public static Value of(long number) {
    return new Value(Long.toString(number), number);
  }

  public static Value of(String text) {
    return new Value(text, NONE);
  }

  /** With one digit behind the point. */
  public static Value ofTenths(double number) {
    return new Value(String.format(Locale.ROOT, "%.1f", number), Math.round(number * 10));
  }

  /** In veristat's words; a program that was not judged has neither. */
  public static Value verdict(String verdict) {
    return switch (verdict) {
      case "accepted", "success" -> SUCCESS;
      case "rejected", "failure" -> FAILURE;
      default -> of(verdict);
    };
  }

  /** By libbpf's name. */
  public static Value programType(String text) {
    ProgramType type = ProgramType.ofText(text);
    return type == null ? UNKNOWN : new Value(text, type.number());
  }

  public static Value attachType(int number) {
    AttachType type = AttachType.ofNumber(number);
    return type == null ? UNKNOWN : new Value(type.text(), number);
  }

  boolean hasNumber() {
    return number != NONE;
  }
}

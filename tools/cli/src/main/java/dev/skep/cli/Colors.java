package dev.skep.cli;

import picocli.CommandLine.Option;

/** Whether text for people is coloured: {@code --color}, NO_COLOR and the terminal decide. */
final class Colors {
  /** When to colour. */
  enum When {
    auto,
    always,
    never
  }

  @Option(
      names = {"--color", "--colour"},
      paramLabel = "WHEN",
      description = "Colours: auto (on a terminal, without NO_COLOR), always or never.")
  When when = When.auto;

  /** What a piece of text is. */
  enum Style {
    ERROR("1;31"),
    STRONG("1"),
    FRAME("1;34"),
    STATE("36"),
    NOTE("1;33"),
    HINT("1;32"),
    DIM("2");

    private final String code;

    Style(String code) {
      this.code = code;
    }

    /** The text in this style, or as it is. */
    String on(boolean coloured, String text) {
      return coloured && !text.isEmpty() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
  }

  boolean wanted() {
    return wanted(when, System.getenv("NO_COLOR"), Terminal.isOutput());
  }

  /**
   * @param noColor the variable NO_COLOR; set to anything but nothing it turns colours off
   */
  static boolean wanted(When when, @org.jspecify.annotations.Nullable String noColor, boolean tty) {
    return switch (when) {
      case always -> true;
      case never -> false;
      case auto -> tty && (noColor == null || noColor.isEmpty());
    };
  }
}

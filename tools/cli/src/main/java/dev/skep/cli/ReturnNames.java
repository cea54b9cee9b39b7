package dev.skep.cli;

import dev.skep.program.ProgramType;

/** The names of return values (enum xdp_action, TC_ACT_*). */
final class ReturnNames {
  private static final String[] XDP = {
    "XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX", "XDP_REDIRECT"
  };
  private static final String[] TC = {
    "TC_ACT_OK",
    "TC_ACT_RECLASSIFY",
    "TC_ACT_SHOT",
    "TC_ACT_PIPE",
    "TC_ACT_STOLEN",
    "TC_ACT_QUEUED",
    "TC_ACT_REPEAT",
    "TC_ACT_REDIRECT",
    "TC_ACT_TRAP"
  };

  private ReturnNames() {}

  /** The name, or empty where the value has none. */
  static String of(ProgramType type, int value) {
    return switch (type) {
      case XDP -> named(XDP, value);
      case SCHED_CLS, SCHED_ACT -> value == -1 ? "TC_ACT_UNSPEC" : named(TC, value);
      default -> "";
    };
  }

  private static String named(String[] names, int value) {
    return value >= 0 && value < names.length ? names[value] : "";
  }
}

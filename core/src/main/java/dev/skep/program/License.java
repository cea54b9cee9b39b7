package dev.skep.program;

/** Licenses of programs. */
public final class License {
  private License() {}

  /**
   * Whether helpers that are for GPL-compatible programs may be called (license_is_gpl_compatible).
   */
  public static boolean isGplCompatible(String license) {
    return switch (license) {
      case "GPL",
          "GPL v2",
          "GPL and additional rights",
          "Dual BSD/GPL",
          "Dual MIT/GPL",
          "Dual MPL/GPL" ->
          true;
      default -> false;
    };
  }
}

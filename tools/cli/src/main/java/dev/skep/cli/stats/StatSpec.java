package dev.skep.cli.stats;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A statistic as {@code -e}, {@code -s} and {@code -f} name it: {@code insns}, {@code insns_diff},
 * {@code |insns_pct|v}.
 *
 * @param absolute between bars: its distance from zero is meant
 * @param ascending the order to sort in: '^' behind the name for upwards, 'v', 'V', '.', '!' or '_'
 *     for downwards
 */
public record StatSpec(Statistic statistic, Variant variant, boolean absolute, boolean ascending) {

  /** By file, then by program. */
  public static final List<StatSpec> BY_NAME = all(List.of("file_name", "prog_name"));

  /** As it stands, with the order that it has without a sign. */
  static StatSpec of(Statistic statistic) {
    return new StatSpec(statistic, Variant.B, false, statistic.isAscending());
  }

  /** Several; {@link IllegalArgumentException} names one that is unknown. */
  public static List<StatSpec> all(List<String> texts) {
    List<StatSpec> specs = new ArrayList<>();
    for (String text : texts) {
      if (!text.isBlank()) {
        specs.add(ordered(text.strip()));
      }
    }
    return specs;
  }

  private static StatSpec ordered(String text) {
    int last = text.length() - 1;
    char sign = last > 0 ? text.charAt(last) : ' ';
    boolean up = sign == '^';
    boolean down = "vV.!_".indexOf(sign) >= 0;
    StatSpec spec = find(up || down ? text.substring(0, last) : text);
    if (spec == null) {
      throw Statistic.unknown(text);
    }
    return up || down ? new StatSpec(spec.statistic, spec.variant, spec.absolute, up) : spec;
  }

  /** A name without an order; null if it is none. */
  static @Nullable StatSpec find(String text) {
    boolean bars = text.length() > 2 && text.startsWith("|") && text.endsWith("|");
    String name = bars ? text.substring(1, text.length() - 1) : text;
    Statistic whole = Statistic.named(name);
    if (whole != null) {
      return new StatSpec(whole, Variant.B, bars, whole.isAscending());
    }
    for (Variant variant : Variant.values()) {
      String suffix = variant.suffix();
      if (name.endsWith(suffix)) {
        Statistic statistic = Statistic.named(name.substring(0, name.length() - suffix.length()));
        if (statistic != null) {
          return new StatSpec(statistic, variant, bars, statistic.isAscending());
        }
      }
    }
    return null;
  }
}

package dev.skep.object;

import dev.skep.program.ProgramType;
import org.jspecify.annotations.Nullable;

/** What a section's name says of the programs in it: libbpf's rules over {@link SectionTable}. */
final class SectionNames {
  /** BPF_F_SLEEPABLE. */
  static final int SLEEPABLE = 0x10;

  /** BPF_F_XDP_HAS_FRAGS. */
  static final int XDP_HAS_FRAGS = 0x20;

  /**
   * The meaning of a section name.
   *
   * @param attachType number of the attach type, 0 where none is said
   * @param attachTo what stands behind the definition's slash, or null
   */
  record Meaning(ProgramType type, int attachType, int flags, @Nullable String attachTo) {}

  /**
   * A row of the table.
   *
   * @param open whether "/" and anything may follow the name
   * @param loose whether libbpf up to 0.8 took the name as a mere prefix
   */
  record Definition(
      String name, boolean open, boolean loose, ProgramType type, int attachType, int flags) {

    boolean matches(String section) {
      return section.equals(name)
          || open && section.startsWith(name) && section.charAt(name.length()) == '/';
    }

    Meaning meaning(String section) {
      boolean target = open && section.length() > name.length() + 1;
      return new Meaning(
          type, attachType, flags, target ? section.substring(name.length() + 1) : null);
    }
  }

  private static final Meaning NONE = new Meaning(ProgramType.UNSPEC, 0, 0, null);

  private SectionNames() {}

  /** The meaning under the rules since libbpf 1.0, or that of type UNSPEC when nothing matches. */
  static Meaning of(String section) {
    for (Definition definition : SectionTable.ROWS) {
      if (definition.matches(section)) {
        return definition.meaning(section);
      }
    }
    return NONE;
  }

  /** The meaning under the rules up to libbpf 0.8: plain names match as prefixes too. */
  static Meaning ofLoosely(String section) {
    Meaning strict = of(section);
    if (strict.type() != ProgramType.UNSPEC) {
      return strict;
    }
    Definition longest = null;
    for (Definition definition : SectionTable.ROWS) {
      if (definition.loose()
          && section.startsWith(definition.name())
          && (longest == null || definition.name().length() > longest.name().length())) {
        longest = definition;
      }
    }
    return longest == null
        ? NONE
        : new Meaning(longest.type(), longest.attachType(), longest.flags(), null);
  }
}

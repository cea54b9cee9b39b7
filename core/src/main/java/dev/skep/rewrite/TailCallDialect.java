package dev.skep.rewrite;

/** What the imm of a rewritten tail call holds, and so which forms of machine code it can have. */
public enum TailCallDialect {
  /** Map index, whether the map is known, poke descriptor: with forms that know the map. */
  SEED("seed"),
  /** The poke descriptor alone, as Linux 6.18 and all others until now. */
  LINUX_6_18("linux-6.18");

  private final String text;

  TailCallDialect(String text) {
    this.text = text;
  }

  /** The name that users give. */
  public String text() {
    return text;
  }

  /**
   * The dialect of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static TailCallDialect parse(String text) {
    for (TailCallDialect dialect : values()) {
      if (dialect.text.equals(text)) {
        return dialect;
      }
    }
    throw new IllegalArgumentException("dialect \"" + text + "\", want seed or linux-6.18");
  }
}

package dev.skep.rewrite;

/**
 * The imm of a rewritten tail call.
 *
 * <pre>
 *   seed         31            16 15        8 7         0
 *               +----------------+-----------+-----------+
 *               | poke index + 1 | dynamic   | map index |
 *               +----------------+-----------+-----------+
 *   linux-6.18  | poke index + 1, or 0                   |
 *               +----------------------------------------+
 * </pre>
 *
 * A poke of 0 means that the call is indirect.
 */
public final class TailCallImm {
  /** How a tail call finds its target. */
  public enum Form {
    /** One map, one key: a jump that is patched when the slot changes. */
    DIRECT,
    /** One map: its size is a constant, the target's address is read from the cache behind it. */
    STATIC,
    /** Any map: its size, the slot and the program are read at run time. */
    DYNAMIC
  }

  private static final int NO_POKE = -1;
  private static final int DYNAMIC_SHIFT = 8;
  private static final int POKE_SHIFT = 16;
  private static final int BYTE = 0xff;

  private TailCallImm() {}

  /**
   * @param map index among the program's maps, below 64
   * @param dynamic other maps can get there too
   * @param poke index of the poke descriptor, below 1024, or -1
   */
  static int encode(TailCallDialect dialect, int map, boolean dynamic, int poke) {
    return switch (dialect) {
      case SEED -> map | (dynamic ? 1 << DYNAMIC_SHIFT : 0) | poke + 1 << POKE_SHIFT;
      case LINUX_6_18 -> poke + 1;
    };
  }

  /** The form that the call takes. */
  public static Form form(TailCallDialect dialect, int imm) {
    if (poke(dialect, imm) != NO_POKE) {
      return Form.DIRECT;
    }
    return unpatchedForm(dialect, imm);
  }

  /** The form that the call takes where nothing is patched: as without its poke descriptor. */
  public static Form unpatchedForm(TailCallDialect dialect, int imm) {
    boolean isStatic = dialect == TailCallDialect.SEED && (imm >> DYNAMIC_SHIFT & BYTE) == 0;
    return isStatic ? Form.STATIC : Form.DYNAMIC;
  }

  /** Index of the poke descriptor, or -1. */
  public static int poke(TailCallDialect dialect, int imm) {
    return (dialect == TailCallDialect.SEED ? imm >> POKE_SHIFT : imm) - 1;
  }

  /** Index of the map: meant for {@link Form#STATIC}, where the dialect always has it. */
  public static int map(int imm) {
    return imm & BYTE;
  }
}

package dev.skep.isa;

/** A register as an operand. */
public enum Register implements Operand {
  R0,
  R1,
  R2,
  R3,
  R4,
  R5,
  R6,
  R7,
  R8,
  R9,
  /** The frame pointer, read only. */
  R10,
  /** BPF_REG_AX: only rewrites use it. */
  AX;

  private static final Register[] ALL = values();

  /** How many numbers name a register; a field can hold 16. */
  static final int COUNT = ALL.length;

  public int number() {
    return ordinal();
  }

  /**
   * The register of a number.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Register of(int number) {
    if (number < 0 || number >= COUNT) {
      throw new IllegalArgumentException("register number=" + number);
    }
    return ALL[number];
  }
}

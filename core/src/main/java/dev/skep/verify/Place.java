package dev.skep.verify;

/**
 * A register or an 8-byte stack slot of one frame.
 *
 * @param frame 0 for the main program
 * @param register 0 to 10, or -1 for a slot
 * @param slot bytes {@code fp - 8 * (slot + 1)} and above; -1 for a register
 */
public record Place(int frame, int register, int slot) {
  public static Place ofRegister(int frame, int register) {
    return new Place(frame, register, -1);
  }

  public static Place ofSlot(int frame, int slot) {
    return new Place(frame, -1, slot);
  }

  public boolean isRegister() {
    return register >= 0;
  }

  /** As the log names it, without the frame: "r2", "fp-16". */
  public String text() {
    return register >= 0 ? "r" + register : "fp-" + 8 * (slot + 1);
  }
}

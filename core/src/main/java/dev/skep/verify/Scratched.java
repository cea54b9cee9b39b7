package dev.skep.verify;

/**
 * What changed or was read since the state was last printed (env.scratched_regs and
 * scratched_stack_slots): only that is shown behind an instruction.
 */
final class Scratched {
  int regs;
  long slots;

  void reg(int regno) {
    regs |= 1 << regno;
  }

  void slot(int spi) {
    slots |= 1L << spi;
  }

  void clear() {
    regs = 0;
    slots = 0;
  }

  void all() {
    regs = -1;
    slots = -1;
  }

  boolean any() {
    return regs != 0 || slots != 0;
  }

  boolean hasReg(int regno) {
    return (regs >>> regno & 1) != 0;
  }

  boolean hasSlot(int spi) {
    return (slots >>> spi & 1) != 0;
  }
}

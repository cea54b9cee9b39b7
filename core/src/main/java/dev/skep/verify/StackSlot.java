package dev.skep.verify;

/**
 * The types of the 8 bytes of one stack slot (enum bpf_stack_slot_type), packed in a long: byte
 * {@code i} counts from the slot's highest address, as in bpf_stack_state.slot_type.
 */
final class StackSlot {
  static final int INVALID = 0;
  static final int SPILL = 1;
  static final int MISC = 2;
  static final int ZERO = 3;
  static final int DYNPTR = 4;
  static final int ITER = 5;
  static final int IRQ_FLAG = 6;

  /** All eight bytes of one type. */
  static final long ALL_SPILL = 0x0101010101010101L;

  static final long ALL_MISC = 0x0202020202020202L;
  static final long ALL_ZERO = 0x0303030303030303L;
  static final long ALL_DYNPTR = 0x0404040404040404L;
  static final long ALL_ITER = 0x0505050505050505L;
  static final long ALL_IRQ_FLAG = 0x0606060606060606L;
  static final long ALL_INVALID = 0;

  /** The letter the log prints for each type. */
  static final String LETTERS = "?rm0dif";

  private StackSlot() {}

  static int type(long types, int i) {
    return (int) (types >>> i * 8) & 0xff;
  }

  static long with(long types, int i, int type) {
    return types & ~(0xffL << i * 8) | (long) type << i * 8;
  }

  /** Whether the whole slot or its low part holds a spilled register (is_spilled_reg). */
  static boolean isSpilled(long types) {
    return type(types, 7) == SPILL;
  }

  /** Whether it holds a register, dynptr, iterator or irq flag (is_stack_slot_special). */
  static boolean isSpecial(long types) {
    int last = type(types, 7);
    return last == SPILL || last >= DYNPTR;
  }

  /** Every byte that was written at all becomes MISC (scrub_spilled_slot). */
  static long scrub(long types) {
    long scrubbed = 0;
    for (int i = 0; i < 8; i++) {
      scrubbed |= (type(types, i) == INVALID ? 0L : MISC) << i * 8;
    }
    return scrubbed;
  }
}

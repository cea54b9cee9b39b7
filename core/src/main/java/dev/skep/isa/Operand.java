package dev.skep.isa;

/** The second operand of arithmetic, jumps and stores: a register or a constant. */
public sealed interface Operand permits Register, Operand.Immediate {
  /** A 32-bit constant; 64-bit instructions sign-extend it. */
  record Immediate(int value) implements Operand {}
}

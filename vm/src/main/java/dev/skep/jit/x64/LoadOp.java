package dev.skep.jit.x64;

/** Loads that extend to 64 bits. */
enum LoadOp {
  U8(0x0fb6, true),
  U16(0x0fb7, true),
  U32(0x8b, false),
  U64(0x8b, true),
  S8(0x0fbe, true),
  S16(0x0fbf, true),
  S32(0x63, true);

  /** One byte, or two with 0f first. */
  final int opcode;

  /** Whether the kernel's JIT sets REX.W for it, needed or not. */
  final boolean wide;

  LoadOp(int opcode, boolean wide) {
    this.opcode = opcode;
    this.wide = wide;
  }
}

package dev.skep.jit.x64;

import dev.skep.errors.MalformedException;

/** One x86-64 instruction taken apart: prefixes, opcode, operands as the encoding has them. */
final class EncodedInsn {
  private static final int ESCAPE = 0x0f;
  private static final int VEX3 = 0xc4;

  private final byte[] code;
  private int at;

  boolean operandSize16;
  boolean gs;
  boolean lock;
  boolean rep;

  /** The whole REX byte, 0 if there is none. */
  int rex;

  /** The opcode, with 0f00 added behind the escape byte and 10000 behind VEX. */
  int opcode;

  /** VEX: register in vvvv; kind of shift in pp. */
  int vexRegister;

  int vexPp;

  int mod;
  int reg;
  int rm;

  /** Index register and scale's exponent, -1 without an index. */
  int index = -1;

  int scale;

  /** The displacement stands alone, without a base. */
  boolean absolute;

  boolean ripRelative;
  int displacement;

  EncodedInsn(byte[] code, int at) {
    this.code = code;
    this.at = at;
    prefixes();
    opcode();
  }

  /** Offset behind what was read so far. */
  int end() {
    return at;
  }

  int byte1() {
    if (at >= code.length) {
      throw new MalformedException("machine code ends inside an instruction at offset " + at);
    }
    return code[at++] & 0xff;
  }

  int signed1() {
    return (byte) byte1();
  }

  int signed2() {
    return (short) (byte1() | byte1() << 8);
  }

  int signed4() {
    return byte1() | byte1() << 8 | byte1() << 16 | byte1() << 24;
  }

  long signed8() {
    return signed4() & 0xffffffffL | (long) signed4() << 32;
  }

  boolean wide() {
    return (rex & 8) != 0;
  }

  boolean isMemory() {
    return mod != 3;
  }

  private void prefixes() {
    while (true) {
      switch (byte1()) {
        case 0x66 -> operandSize16 = true;
        case 0x65 -> gs = true;
        case 0xf0 -> lock = true;
        case 0xf3 -> rep = true;
        default -> {
          at--;
          return;
        }
      }
    }
  }

  private void opcode() {
    opcode = byte1();
    if (opcode >> 4 == 4) {
      rex = opcode;
      opcode = byte1();
    }
    if (opcode == ESCAPE) {
      opcode = 0x0f00 | byte1();
    } else if (opcode == VEX3) {
      int first = byte1();
      int second = byte1();
      rex = 0x40 | (second >> 7) << 3 | (~first >> 5 & 7);
      vexRegister = ~(second >> 3) & 15;
      vexPp = second & 3;
      opcode = 0x10000 | byte1();
    }
  }

  /** Reads ModRM and what belongs to it. */
  void operands() {
    int modrm = byte1();
    mod = modrm >> 6;
    reg = modrm >> 3 & 7 | (rex & 4) << 1;
    rm = modrm & 7;
    boolean noBase = mod == 0 && rm == 5;
    if (mod != 3 && rm == 4) {
      int sib = byte1();
      scale = sib >> 6;
      int field = sib >> 3 & 7 | (rex & 2) << 2;
      index = field == 4 ? -1 : field;
      rm = sib & 7;
      absolute = mod == 0 && rm == 5;
    } else {
      ripRelative = noBase;
    }
    rm |= (rex & 1) << 3;
    if (mod == 1) {
      displacement = signed1();
    } else if (mod == 2 || absolute || ripRelative) {
      displacement = signed4();
    }
  }
}

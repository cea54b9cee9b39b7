package dev.skep.jit.x64;

import static dev.skep.jit.x64.Gpr.RAX;
import static dev.skep.jit.x64.Gpr.RBP;
import static dev.skep.jit.x64.Gpr.RDI;
import static dev.skep.jit.x64.Gpr.RSI;
import static dev.skep.jit.x64.Gpr.RSP;

/**
 * Encodings of single x86-64 instructions (Intel SDM 2A and 2B). Operands are {@link Gpr} numbers;
 * {@code w} is 1 for 64-bit operands and 0 for 32-bit ones. Where several encodings exist, it is
 * the one that Linux's BPF JIT chooses.
 *
 * <p>Memory operands always carry a displacement, of 8 or 32 bits, and take an index register
 * (scale 1) or {@link #NO_INDEX}.
 */
final class X64Assembler {
  static final int NO_INDEX = 0;

  private static final int REX = 0x40;

  private final CodeBuffer code;

  X64Assembler(CodeBuffer code) {
    this.code = code;
  }

  static boolean isImm8(int value) {
    return value == (byte) value;
  }

  // ---- prefixes and operands

  /** REX, always there. */
  void rex(int w, int reg, int rm) {
    code.put1(REX | w << 3 | reg >> 3 << 2 | rm >> 3);
  }

  /** REX, only where a bit of it is set. */
  private void optionalRex(int w, int reg, int rm) {
    optionalRex(w, reg, NO_INDEX, rm);
  }

  private void optionalRex(int w, int reg, int index, int rm) {
    int bits = w << 3 | reg >> 3 << 2 | index >> 3 << 1 | rm >> 3;
    if (bits != 0) {
      code.put1(REX | bits);
    }
  }

  private void registers(int reg, int rm) {
    code.put1(0xc0 | (reg & 7) << 3 | rm & 7);
  }

  private void memory(int reg, int base, int index, int displacement) {
    boolean small = isImm8(displacement);
    int mod = small ? 0x40 : 0x80;
    if (index == NO_INDEX && (base & 7) != RSP) {
      code.put1(mod | (reg & 7) << 3 | base & 7);
    } else {
      int noIndex = 4;
      code.put1(mod | (reg & 7) << 3 | 4);
      code.put1((index == NO_INDEX ? noIndex : index & 7) << 3 | base & 7);
    }
    if (small) {
      code.put1(displacement);
    } else {
      code.put4(displacement);
    }
  }

  private void opcode(int opcode) {
    if (opcode > 0xff) {
      code.put1(opcode >> 8);
    }
    code.put1(opcode);
  }

  // ---- moves

  /** mov dst, src; nothing for a 64-bit move to itself. */
  void move(int w, int dst, int src) {
    if (w == 1 && dst == src) {
      return;
    }
    optionalRex(w, src, dst);
    code.put1(0x89);
    registers(src, dst);
  }

  /** mov dst32, imm32: the upper half becomes 0. */
  void moveImmediate32(int dst, int imm) {
    optionalRex(0, RAX, dst);
    code.put1(0xb8 | dst & 7);
    code.put4(imm);
  }

  /** mov dst, imm32 with its sign extended. */
  void moveSigned32(int dst, int imm) {
    rex(1, RAX, dst);
    code.put1(0xc7);
    registers(0, dst);
    code.put4(imm);
  }

  /** movabs dst, imm64. */
  void moveImmediate64(int dst, long imm) {
    rex(1, RAX, dst);
    code.put1(0xb8 | dst & 7);
    code.put8(imm);
  }

  /** lea dst, [rip + displacement]. */
  void leaRip(int dst, int displacement) {
    rex(1, dst, RAX);
    code.put1(0x8d);
    code.put1(0x05 | (dst & 7) << 3);
    code.put4(displacement);
  }

  /** lea dst, [base + displacement]. */
  void lea(int dst, int base, int displacement) {
    rex(1, dst, base);
    code.put1(0x8d);
    memory(dst, base, NO_INDEX, displacement);
  }

  /** movsx dst, src of 8, 16 or 32 bits. */
  void moveSignExtended(int w, int bits, int dst, int src) {
    if (w == 1 || bits == 8) {
      rex(w, dst, src);
    } else {
      optionalRex(w, dst, src);
    }
    opcode(bits == 8 ? 0x0fbe : bits == 16 ? 0x0fbf : 0x63);
    registers(dst, src);
  }

  /** movzx dst32, dst16. */
  void zeroExtend16(int dst) {
    optionalRex(0, dst, dst);
    code.put2(0xb70f);
    registers(dst, dst);
  }

  /** cmove dst, src. */
  void moveIfZero(int w, int dst, int src) {
    optionalRex(w, dst, src);
    code.put2(0x440f);
    registers(dst, src);
  }

  // ---- arithmetic

  void alu(AluOp op, int w, int dst, int src) {
    optionalRex(w, src, dst);
    code.put1(op.opcode);
    registers(src, dst);
  }

  void aluImmediate(AluOp op, int w, int dst, int imm) {
    if (isImm8(imm)) {
      optionalRex(w, RAX, dst);
      code.put1(0x83);
      registers(op.digit, dst);
      code.put1(imm);
    } else if (dst == RAX && op.raxShort != 0) {
      optionalRex(w, RAX, dst);
      code.put1(op.raxShort);
      code.put4(imm);
    } else {
      aluImmediate32(op, w, dst, imm);
    }
  }

  /** The form with four bytes, whatever the value and register. */
  void aluImmediate32(AluOp op, int w, int dst, int imm) {
    optionalRex(w, RAX, dst);
    code.put1(0x81);
    registers(op.digit, dst);
    code.put4(imm);
  }

  /** op qword [rax], imm8, without a displacement. */
  void aluMemory(AluOp op, int imm) {
    rex(1, RAX, RAX);
    code.put1(0x83);
    code.put1(op.digit << 3);
    code.put1(imm);
  }

  /** op reg, [base+index+displacement] for an {@link AluOp}. */
  void aluFromMemory(AluOp op, int w, int reg, int base, int index, int displacement) {
    optionalRex(w, reg, index, base);
    code.put1(op.opcode + 2);
    memory(reg, base, index, displacement);
  }

  /** cmp [base+displacement], src. */
  void compareMemory(int w, int base, int displacement, int src) {
    optionalRex(w, src, base);
    code.put1(0x39);
    memory(src, base, NO_INDEX, displacement);
  }

  void test(int w, int dst, int src) {
    optionalRex(w, src, dst);
    code.put1(0x85);
    registers(src, dst);
  }

  void testImmediate(int w, int dst, int imm) {
    optionalRex(w, RAX, dst);
    code.put1(0xf7);
    registers(0, dst);
    code.put4(imm);
  }

  void negate(int w, int dst) {
    group3(w, 3, dst);
  }

  /** div or idiv of rdx:rax. */
  void divide(int w, boolean signed, int src) {
    group3(w, signed ? 7 : 6, src);
  }

  private void group3(int w, int digit, int operand) {
    optionalRex(w, RAX, operand);
    code.put1(0xf7);
    registers(digit, operand);
  }

  void multiply(int w, int dst, int src) {
    optionalRex(w, dst, src);
    code.put2(0xaf0f);
    registers(dst, src);
  }

  void multiplyImmediate(int w, int dst, int imm) {
    optionalRex(w, dst, dst);
    boolean small = isImm8(imm);
    code.put1(small ? 0x6b : 0x69);
    registers(dst, dst);
    if (small) {
      code.put1(imm);
    } else {
      code.put4(imm);
    }
  }

  /** cdq, or cqo. */
  void signIntoRdx(int w) {
    optionalRex(w, RAX, RAX);
    code.put1(0x99);
  }

  /** Shift or rotate by a constant: digit 0 rol, 1 ror, 4 shl, 5 shr, 7 sar. */
  void shiftImmediate(int w, int digit, int dst, int count) {
    optionalRex(w, RAX, dst);
    code.put1(count == 1 ? 0xd1 : 0xc1);
    registers(digit, dst);
    if (count != 1) {
      code.put1(count);
    }
  }

  /** Shift by cl. */
  void shiftByCl(int w, int digit, int dst) {
    optionalRex(w, RAX, dst);
    code.put1(0xd3);
    registers(digit, dst);
  }

  /** shlx, shrx, sarx dst, dst, count (BMI2; digit as in {@link #shiftImmediate}). */
  void shiftX(int w, int digit, int dst, int count) {
    int pp = digit == 4 ? 1 : digit == 5 ? 3 : 2;
    int high = dst >> 3;
    code.put1(0xc4);
    code.put1((high == 0 ? 0xa0 : 0) | 0x42);
    code.put1(w << 7 | (~count & 15) << 3 | pp);
    code.put1(0xf7);
    registers(dst, dst);
  }

  /** ror dst16, 8. */
  void rotate16By8(int dst) {
    code.put1(0x66);
    optionalRex(0, RAX, dst);
    code.put1(0xc1);
    registers(1, dst);
    code.put1(8);
  }

  void byteSwap(int w, int dst) {
    optionalRex(w, RAX, dst);
    code.put1(0x0f);
    code.put1(0xc8 | dst & 7);
  }

  // ---- memory

  void load(LoadOp op, int dst, int base, int index, int displacement) {
    // With an index the kernel widens only where the value needs it.
    boolean wide = op.wide && (index == NO_INDEX || (op != LoadOp.U8 && op != LoadOp.U16));
    optionalRex(wide ? 1 : 0, dst, index, base);
    opcode(op.opcode);
    memory(dst, base, index, displacement);
  }

  /** Stores the low 1, 2, 4 or 8 bytes of a register. */
  void store(int size, int base, int index, int displacement, int src) {
    if (size == 2) {
      code.put1(0x66);
    }
    // Without a REX these numbers would mean ah, ch, dh, bh.
    boolean lowByte = size == 1 && (src == RSI || src == RDI || src == RBP);
    if (lowByte && base < 8 && index == NO_INDEX) {
      rex(0, src, base);
    } else {
      optionalRex(size == 8 ? 1 : 0, src, index, base);
    }
    code.put1(size == 1 ? 0x88 : 0x89);
    memory(src, base, index, displacement);
  }

  void storeImmediate(int size, int base, int index, int displacement, int imm) {
    if (size == 2) {
      code.put1(0x66);
    }
    optionalRex(size == 8 ? 1 : 0, RAX, index, base);
    code.put1(size == 1 ? 0xc6 : 0xc7);
    memory(0, base, index, displacement);
    switch (size) {
      case 1 -> code.put1(imm);
      case 2 -> code.put2(imm);
      default -> code.put4(imm);
    }
  }

  /** A locked instruction on memory: 01, 09, 21, 31, 0fc1 xadd, 0fb1 cmpxchg; 87 is xchg. */
  void locked(int opcode, int w, int base, int index, int displacement, int src) {
    code.put1(0xf0);
    optionalRex(w, src, index, base);
    opcode(opcode);
    memory(src, base, index, displacement);
  }

  /** add dst, gs:[displacement]. */
  void addGs(int dst, int displacement) {
    gs(0x03, 1, dst, displacement);
  }

  /** mov dst, gs:[displacement]. */
  void loadGs(int w, int dst, int displacement) {
    gs(0x8b, w, dst, displacement);
  }

  /** mov gs:[displacement], src. */
  void storeGs(int w, int displacement, int src) {
    gs(0x89, w, src, displacement);
  }

  /** cmp dword gs:[displacement], imm8. */
  void compareGs(int displacement, int imm) {
    gs(0x83, 0, AluOp.CMP.digit, displacement);
    code.put1(imm);
  }

  /** mov dword gs:[displacement], imm32. */
  void storeGsImmediate(int displacement, int imm) {
    gs(0xc7, 0, 0, displacement);
    code.put4(imm);
  }

  /** cmp reg, gs:[displacement]. */
  void compareWithGs(int reg, int displacement) {
    gs(0x3b, 1, reg, displacement);
  }

  /** push qword gs:[displacement]. */
  void pushGs(int displacement) {
    gs(0xff, 0, 6, displacement);
  }

  /** pop qword gs:[displacement]. */
  void popGs(int displacement) {
    gs(0x8f, 0, 0, displacement);
  }

  private void gs(int opcode, int w, int reg, int displacement) {
    code.put1(0x65);
    optionalRex(w, reg, RAX);
    code.put1(opcode);
    code.put1(0x04 | (reg & 7) << 3);
    code.put1(0x25);
    code.put4(displacement);
  }

  /** rdgsbase dst. */
  void readGsBase(int dst) {
    gsBase(1, dst);
  }

  /** wrgsbase src. */
  void writeGsBase(int src) {
    gsBase(3, src);
  }

  /** rdfsbase dst. */
  void readFsBase(int dst) {
    gsBase(0, dst);
  }

  private void gsBase(int digit, int reg) {
    code.put1(0xf3);
    rex(1, RAX, reg);
    code.put2(0xae0f);
    registers(digit, reg);
  }

  void push(int reg) {
    optionalRex(0, RAX, reg);
    code.put1(0x50 | reg & 7);
  }

  void pop(int reg) {
    optionalRex(0, RAX, reg);
    code.put1(0x58 | reg & 7);
  }

  // ---- control

  /** jcc by its short opcode 70..7f; the displacement counts from the end. */
  void jumpIfShort(int condition, int displacement) {
    code.put1(condition);
    code.put1(displacement);
  }

  void jumpIfNear(int condition, int displacement) {
    code.put1(0x0f);
    code.put1(condition + 0x10);
    code.put4(displacement);
  }

  void jumpShort(int displacement) {
    code.put1(0xeb);
    code.put1(displacement);
  }

  void jumpNear(int displacement) {
    code.put1(0xe9);
    code.put4(displacement);
  }

  void call(int displacement) {
    code.put1(0xe8);
    code.put4(displacement);
  }

  /** call reg. */
  void callRegister(int reg) {
    optionalRex(0, RAX, reg);
    code.put1(0xff);
    registers(2, reg);
  }

  /** call [base+displacement]. */
  void callMemory(int base, int displacement) {
    optionalRex(0, RAX, base);
    code.put1(0xff);
    memory(2, base, NO_INDEX, displacement);
  }

  /** jmp reg. */
  void jumpRegister(int reg) {
    optionalRex(0, RAX, reg);
    code.put1(0xff);
    registers(4, reg);
  }

  void leave() {
    code.put1(0xc9);
  }

  void ret() {
    code.put1(0xc3);
  }

  void breakpoint() {
    code.put1(0xcc);
  }

  void endbr64() {
    code.put4(0xfa1e0ff3);
  }

  void syscall() {
    code.put2(0x050f);
  }

  /** cmp byte [base+displacement], imm8. */
  void compareByte(int base, int displacement, int imm) {
    optionalRex(0, RAX, base);
    code.put1(0x80);
    memory(AluOp.CMP.digit, base, NO_INDEX, displacement);
    code.put1(imm);
  }

  void pause() {
    code.put2(0x90f3);
  }

  void lfence() {
    code.put2(0xae0f);
    code.put1(0xe8);
  }

  /** One or more nops of together {@code bytes} bytes, at most five in one. */
  void nop(int bytes) {
    int left = bytes;
    while (left > 0) {
      int size = Math.min(left, 5);
      switch (size) {
        case 1 -> code.put1(0x90);
        case 2 -> code.put2(0x9066);
        case 3 -> {
          code.put2(0x1f0f);
          code.put1(0);
        }
        case 4 -> code.put4(0x00401f0f);
        default -> {
          code.put4(0x00441f0f);
          code.put1(0);
        }
      }
      left -= size;
    }
  }
}

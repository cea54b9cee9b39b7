package dev.skep.jit.x64;

/** A hand-written routine under construction. */
final class Routine {
  final CodeBuffer code = new CodeBuffer();
  final X64Assembler asm = new X64Assembler(code);
  final Labels labels = new Labels(code, asm, 48);

  /** Calls a C function from any stack alignment; rbp keeps the old stack pointer. */
  void callC(long function) {
    asm.moveImmediate64(Gpr.RAX, function);
    asm.callRegister(Gpr.RAX);
  }

  /** A frame whose stack pointer is a multiple of 16 and has {@code bytes} bytes of room. */
  void alignedFrame(int bytes) {
    asm.push(Gpr.RBP);
    asm.move(1, Gpr.RBP, Gpr.RSP);
    if (bytes > 0) {
      asm.aluImmediate(AluOp.SUB, 1, Gpr.RSP, bytes);
    }
    asm.aluImmediate(AluOp.AND, 1, Gpr.RSP, -16);
  }

  void load64(int dst, int base, int displacement) {
    asm.load(LoadOp.U64, dst, base, X64Assembler.NO_INDEX, displacement);
  }

  void load32(int dst, int base, int displacement) {
    asm.load(LoadOp.U32, dst, base, X64Assembler.NO_INDEX, displacement);
  }

  void store64(int base, int displacement, int src) {
    asm.store(8, base, X64Assembler.NO_INDEX, displacement, src);
  }

  void store32(int base, int displacement, int src) {
    asm.store(4, base, X64Assembler.NO_INDEX, displacement, src);
  }

  byte[] finish() {
    labels.resolve();
    return code.copy();
  }
}

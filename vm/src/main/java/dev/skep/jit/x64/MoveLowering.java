package dev.skep.jit.x64;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.jit.Relocation.Kind;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.RunnableProgram;

/** mov in all its forms, and 64-bit constants. */
final class MoveLowering {
  private static final int PER_CPU = -1;
  private static final int ADDR_SPACE_CAST = 1;
  private static final int CAST_TO_USER = 1 << 16;
  private static final int ROTATE_LEFT = 0;
  private static final int SHIFT_LEFT = 4;

  private final FunctionCode f;
  private final X64Assembler asm;

  MoveLowering(FunctionCode f) {
    this.f = f;
    this.asm = f.asm;
  }

  /** The shortest form of a 64-bit constant (emit_mov_imm64). */
  static void constant(X64Assembler asm, int dst, long value) {
    if (value >>> 32 == 0) {
      constant32(asm, dst, (int) value);
    } else if (value == (int) value) {
      asm.moveSigned32(dst, (int) value);
    } else {
      asm.moveImmediate64(dst, value);
    }
  }

  private static void constant32(X64Assembler asm, int dst, int value) {
    if (value == 0) {
      asm.alu(AluOp.XOR, 0, dst, dst);
    } else {
      asm.moveImmediate32(dst, value);
    }
  }

  void immediate(long word, int w) {
    int dst = f.dst(word);
    int imm = InsnWord.imm(word);
    if (f.isDead()) {
      return;
    }
    if (w == 1 && PerCpuBase.isPerCpu(f.next()) && InsnWord.src(f.next()) == InsnWord.dst(word)) {
      cpuNumberOffset(dst, imm);
    } else if (w == 1 && imm < 0) {
      asm.moveSigned32(dst, imm);
    } else {
      constant32(asm, dst, imm);
    }
  }

  private void cpuNumberOffset(int dst, int imm) {
    int offset = imm == RunnableProgram.CPU_NUMBER_OFFSET ? f.layout.cpuNumberImm() : imm;
    if (offset < 0) {
      asm.moveSigned32(dst, offset);
    } else {
      constant32(asm, dst, offset);
    }
    f.relocation(Kind.PER_CPU, 4, 0);
  }

  void register(long word, int w) {
    int dst = f.dst(word);
    int src = f.src(word);
    switch (InsnWord.off(word)) {
      case 0 -> asm.move(w, dst, src);
      case 8, 16, 32 -> asm.moveSignExtended(w, InsnWord.off(word), dst, src);
      case PER_CPU -> perCpu(dst, src);
      case ADDR_SPACE_CAST -> addressSpaceCast(InsnWord.imm(word), dst, src);
      default -> throw new UnsupportedException("jit of mov with offset " + InsnWord.off(word));
    }
  }

  private void perCpu(int dst, int src) {
    long offset = f.perCpuDisplacement();
    if (f.perCpuBase == null) {
      asm.move(1, dst, src);
      asm.addGs(dst, f.layout.perCpuBaseDisp());
      f.relocation(Kind.PER_CPU, 4, 0);
    } else if (offset == PerCpuBase.NONE) {
      asm.move(1, dst, src);
      asm.alu(AluOp.ADD, 1, dst, PerCpuBase.REGISTER);
    } else {
      asm.lea(dst, PerCpuBase.REGISTER, (int) offset);
    }
  }

  /** The user's address of an arena pointer; null stays null. */
  private void addressSpaceCast(int imm, int dst, int src) {
    if (imm != CAST_TO_USER) {
      throw new UnsupportedException("jit of addr_space_cast 0x" + Integer.toHexString(imm));
    }
    if (dst != src) {
      asm.move(0, dst, src);
    }
    asm.shiftImmediate(1, SHIFT_LEFT, dst, 32);
    int high = (int) (f.input.userVmStart() >>> 32);
    orImmediate32(dst, high);
    asm.shiftImmediate(1, ROTATE_LEFT, dst, 32);
    asm.alu(AluOp.XOR, 1, FunctionCode.AUX, FunctionCode.AUX);
    asm.test(0, dst, dst);
    asm.moveIfZero(1, dst, FunctionCode.AUX);
  }

  private void orImmediate32(int dst, int imm) {
    if (dst == Gpr.RAX) {
      asm.rex(1, Gpr.RAX, dst);
      f.buffer.put1(AluOp.OR.raxShort);
      f.buffer.put4(imm);
    } else {
      asm.aluImmediate32(AluOp.OR, 1, dst, imm);
    }
  }

  /** ld_imm64, both slots. */
  void wide(long first, long second) {
    int dst = f.dst(first);
    if (f.isDead()) {
      return;
    }
    switch (InsnWord.src(first)) {
      case 0 -> constant(asm, dst, InsnWord.imm64(first, second));
      case 1 -> mapped(dst, InsnWord.imm(first), f.linkage.mapAddress(InsnWord.imm(first)));
      case 2 ->
          mapped(
              dst,
              InsnWord.imm(first),
              f.linkage.mapValueAddress(InsnWord.imm(first), InsnWord.imm(second)));
      case 3 -> kernelVariable(dst, InsnWord.imm(first));
      case 4 -> function(dst, InsnWord.imm(first), InsnWord.imm64(first, second));
      default -> throw new UnsupportedException("jit of ld_imm64 source " + InsnWord.src(first));
    }
  }

  private void mapped(int dst, int map, long address) {
    constant(asm, dst, address);
    if (address != (int) address && address >>> 32 != 0) {
      f.relocation(Kind.MAP, 8, map);
    }
  }

  private void kernelVariable(int dst, int ordinal) {
    long address = f.linkage.variableAddress(KernelVariable.values()[ordinal]);
    constant(asm, dst, address);
    f.relocation(Kind.KERNEL_VARIABLE, address == (int) address ? 4 : 8, ordinal);
  }

  private void function(int dst, int relative, long bits) {
    int function = f.input.functionAt(f.function.start() + f.current + relative);
    if (function < 0) {
      constant(asm, dst, bits);
      return;
    }
    if (f.layout.kernelAddresses()) {
      asm.moveSigned32(dst, 0);
    } else {
      asm.leaRip(dst, 0);
    }
    f.relocation(Kind.FUNCTION, 4, function);
  }
}

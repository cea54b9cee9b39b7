package dev.skep.jit.arm64;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.jit.Relocation.Kind;
import dev.skep.rewrite.KernelVariable;

/** mov in all its forms, and ld_imm64. */
final class MoveLowering {
  private static final int PER_CPU = -1;
  private static final int ADDR_SPACE_CAST = 1;
  private static final int CAST_TO_USER = 1 << 16;
  private static final int ADDRESS_WORDS = 3;

  private final A64Function f;
  private final A64Assembler asm;
  private final Constants constants;

  MoveLowering(A64Function f, Constants constants) {
    this.f = f;
    this.asm = f.asm;
    this.constants = constants;
  }

  void lower(long word, int sf) {
    if ((InsnWord.code(word) & Opcodes.X) == 0) {
      constants.move(sf, f.dst(word), InsnWord.imm(word));
      return;
    }
    int dst = f.dst(word);
    int src = f.src(word);
    switch (InsnWord.off(word)) {
      case 0 -> constants.register(sf, dst, src);
      case 8, 16, 32 -> asm.bitField(A64Assembler.SBFM, sf, dst, src, 0, InsnWord.off(word) - 1);
      case PER_CPU -> perCpu(dst, src);
      case ADDR_SPACE_CAST -> addressSpaceCast(InsnWord.imm(word), dst, src);
      default -> throw new UnsupportedException("jit of mov with offset " + InsnWord.off(word));
    }
  }

  private void perCpu(int dst, int src) {
    if (dst != src) {
      constants.register(1, dst, src);
    }
    asm.word(f.layout.perCpuBase().read | A64Reg.TMP1);
    asm.registers(A64Assembler.ADD, 1, dst, dst, A64Reg.TMP1);
  }

  /** The user's address of an arena pointer; null stays null. */
  private void addressSpaceCast(int imm, int dst, int src) {
    if (imm != CAST_TO_USER) {
      throw new UnsupportedException("jit of addr_space_cast 0x" + Integer.toHexString(imm));
    }
    constants.register(0, A64Reg.TMP1, src);
    constants.move(0, dst, (int) (f.input.userVmStart() >>> 32));
    asm.bitField(A64Assembler.UBFM, 1, dst, dst, 32, 31);
    asm.branchIfZero(1, A64Reg.TMP1, 2);
    asm.registers(A64Assembler.ORR, 1, A64Reg.TMP1, dst, A64Reg.TMP1);
    constants.register(1, dst, A64Reg.TMP1);
  }

  /** ld_imm64, both slots. */
  void wide(long first, long second) {
    int dst = f.dst(first);
    int imm = InsnWord.imm(first);
    int start = asm.position();
    switch (InsnWord.src(first)) {
      case 0 -> constants.move64(dst, InsnWord.imm64(first, second));
      case 1 -> {
        constants.move64(dst, f.linkage.mapAddress(imm));
        f.relocation(Kind.MAP, asm.position() - start, imm);
      }
      case 2 -> {
        constants.move64(dst, f.linkage.mapValueAddress(imm, InsnWord.imm(second)));
        f.relocation(Kind.MAP, asm.position() - start, imm);
      }
      case 3 -> {
        constants.move64(dst, f.linkage.variableAddress(KernelVariable.values()[imm]));
        f.relocation(Kind.KERNEL_VARIABLE, asm.position() - start, imm);
      }
      case 4 -> function(dst, imm);
      default -> throw new UnsupportedException("jit of ld_imm64 source " + InsnWord.src(first));
    }
  }

  private void function(int dst, int relative) {
    int callee = f.input.functionAt(f.function.start() + f.current + 1 + relative);
    if (callee < 0) {
      constants.move64(dst, relative & 0xffff_ffffL);
      return;
    }
    constants.address(dst, 0);
    f.relocation(Kind.FUNCTION, ADDRESS_WORDS, callee);
  }
}

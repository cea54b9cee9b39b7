package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;

/** LD_ABS and LD_IND as calls that end the program when the packet is too short (gen_ld_abs). */
final class PacketLoads {
  private static final int CONTEXT = 6;

  private PacketLoads() {}

  static boolean applies(long word) {
    int code = InsnWord.code(word);
    return classOf(code) == LD && (mode(code) == ABS || mode(code) == IND);
  }

  static void emit(Patch patch, long word) {
    int imm = InsnWord.imm(word);
    if (mode(InsnWord.code(word)) == ABS) {
      patch.emit(Words.movImm(2, imm));
    } else {
      patch.emit(Words.movReg(2, InsnWord.src(word)));
      if (imm != 0) {
        patch.emit(Words.aluImm(ADD, 2, imm));
      }
    }
    patch.emit(Words.movReg(1, CONTEXT));
    patch.emit(Words.call(function(InsnWord.code(word))));
    patch.emit(Words.jumpImm(JSGE, 0, 0, 2));
    patch.emit(Words.alu32Reg(XOR, 0, 0));
    patch.emit(Words.EXIT_WORD);
  }

  private static KernelFunction function(int code) {
    return switch (bytes(code)) {
      case 1 -> KernelFunction.SKB_LOAD_8_NO_CACHE;
      case 2 -> KernelFunction.SKB_LOAD_16_NO_CACHE;
      default -> KernelFunction.SKB_LOAD_32_NO_CACHE;
    };
  }
}

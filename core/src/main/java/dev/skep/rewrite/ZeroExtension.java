package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;
import dev.skep.verify.RegType;
import java.util.SplittableRandom;

/**
 * The last pass over instructions (opt_subreg_zext_lo32_rnd_hi32). The x86-64 JIT clears upper
 * halves itself, so only 32-bit cmpxchg, which need not write R0, gets an explicit {@code w0 = w0}.
 * Programs loaded with BPF_F_TEST_RND_HI32 get random upper halves where nothing reads them.
 */
final class ZeroExtension {
  private static final int TEST_RND_HI32 = 1 << 2;

  private ZeroExtension() {}

  static void run(Code code) {
    boolean randomize = (code.program.flags() & TEST_RND_HI32) != 0;
    if (!randomize && !code.contains(STX | ATOMIC | W)) {
      return;
    }
    SplittableRandom random = new SplittableRandom(code.length);
    Patch patch = new Patch(code);
    for (int i = 0; i < code.length; i++) {
      patch.begin(i);
      long word = code.insns[i];
      if (code.zext[i] && isCompareExchange(word)) {
        patch.emitOld(word);
        patch.emit(InsnWord.withImm(Words.mov32Reg(0, 0), 1));
      } else if (randomize && !code.zext[i] && randomizable(code, i)) {
        int register = definedRegister(word);
        patch.emitOld(word);
        patch.emit(Words.movImm(AX, random.nextInt()));
        patch.emit(Words.aluImm(LSH, AX, 32));
        patch.emit(Words.aluReg(OR, register, AX));
      } else {
        patch.keep();
      }
    }
    patch.finish();
  }

  private static boolean isCompareExchange(long word) {
    return InsnWord.code(word) == (STX | ATOMIC | W) && InsnWord.imm(word) == CMPXCHG;
  }

  private static boolean randomizable(Code code, int insn) {
    long word = code.insns[insn];
    int origin = code.origin[insn];
    boolean fromContext =
        classOf(InsnWord.code(word)) == LDX
            && origin >= 0
            && code.facts.pointerType[origin] == RegType.CTX;
    return Words.definesLowHalf(word) && !fromContext;
  }

  private static int definedRegister(long word) {
    if (classOf(InsnWord.code(word)) != STX) {
      return InsnWord.dst(word);
    }
    int operation = InsnWord.imm(word);
    if (operation == CMPXCHG) {
      return 0;
    }
    return operation == LOAD_ACQ ? InsnWord.dst(word) : InsnWord.src(word);
  }
}

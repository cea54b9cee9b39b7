package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.isa.InsnWord;
import java.util.random.RandomGenerator;

/**
 * Takes constants that a program's author chose out of the machine code, where they could hide
 * instructions (bpf_jit_blind_constants): each comes in two halves, of which one is random.
 *
 * <pre>
 *   r3 += 0x1234      becomes      rax = R ^ 0x1234;  rax ^= R;  r3 += rax
 * </pre>
 *
 * <p>Not so the addresses that the engine fills in (maps, their values, functions, variables of the
 * kernel): no author chose them. Nor the imm of tail calls.
 */
final class Blinding {
  private final Code code;
  private final Patch patch;
  private final RandomGenerator random;

  private Blinding(Code code, RandomGenerator random) {
    this.code = code;
    this.random = random;
    patch = new Patch(code);
  }

  /**
   * Blinds everything.
   *
   * @throws RejectedException if a jump gets longer than 16 bits allow: Linux would then interpret
   *     the program, or refuse it where its configuration has no interpreter
   */
  static void run(Code code, RandomGenerator random) {
    try {
      new Blinding(code, random).walk();
    } catch (RejectedException tooFar) {
      throw new RejectedException(
          String.valueOf(tooFar.getMessage()), Errno.ENOTSUPP, tooFar.insn(), "");
    }
  }

  private void walk() {
    for (int i = 0; i < code.length; i++) {
      patch.begin(i);
      long word = code.insns[i];
      if (InsnWord.code(word) == LD_IMM64) {
        constant(i);
        i++;
      } else {
        blind(i, word);
      }
    }
    patch.finish();
  }

  private void blind(int insn, long word) {
    int code = InsnWord.code(word);
    if (InsnWord.dst(word) == AX || InsnWord.src(word) == AX) {
      patch.keep(); // its constant would have to be where its operand is
      return;
    }
    switch (classOf(code)) {
      case ALU, ALU64 -> arithmetic(word, code);
      case JMP, JMP32 -> jump(insn, word, code);
      case ST -> store(word, code);
      default -> patch.keep();
    }
  }

  private void arithmetic(long word, int code) {
    boolean wide = classOf(code) == ALU64;
    boolean blinded =
        switch (op(code)) {
          case ADD, SUB, AND, OR, XOR, MUL, MOV, DIV, MOD -> !isX(code);
          default -> false;
        };
    if (!blinded) {
      patch.keep();
    } else if (op(code) == MOV && InsnWord.imm(word) == 0) {
      patch.emit(Words.aluReg(XOR, InsnWord.dst(word), InsnWord.dst(word)));
    } else {
      hide(InsnWord.imm(word), wide);
      patch.emit(InsnWord.of(code | X, InsnWord.dst(word), AX, InsnWord.off(word), 0));
    }
  }

  private void jump(int insn, long word, int code) {
    boolean compares = Words.isConditionalJump(word) && op(code) != JCOND && !isX(code);
    if (!compares) {
      patch.keep();
      return;
    }
    hide(InsnWord.imm(word), classOf(code) == JMP);
    long compare = InsnWord.of(code | X, InsnWord.dst(word), AX, InsnWord.off(word), 0);
    patch.emitTo(compare, this.code.target(insn));
  }

  private void store(long word, int code) {
    int mode = mode(code);
    if (mode != MEM && mode != PROBE_MEM32) {
      patch.keep();
      return;
    }
    hide(InsnWord.imm(word), true);
    int register = STX | size(code) | mode;
    patch.emit(InsnWord.of(register, InsnWord.dst(word), AX, InsnWord.off(word), 0));
  }

  /** Both halves of a ld_imm64. */
  private void constant(int insn) {
    long first = code.insns[insn];
    if (InsnWord.src(first) != 0) {
      patch.keep();
      patch.begin(insn + 1);
      patch.keep();
      return;
    }
    int dst = InsnWord.dst(first);
    hide(InsnWord.imm(code.insns[insn + 1]), true);
    patch.emit(Words.aluImm(LSH, AX, 32));
    patch.emit(Words.movReg(dst, AX));
    patch.begin(insn + 1);
    hide(InsnWord.imm(first), false);
    patch.emit(Words.aluReg(OR, dst, AX));
  }

  /** AX = the constant. */
  private void hide(int imm, boolean wide) {
    int key = random.nextInt();
    int alu = wide ? ALU64 : ALU;
    patch.emit(InsnWord.of(alu | MOV, AX, 0, 0, key ^ imm));
    patch.emit(InsnWord.of(alu | XOR, AX, 0, 0, key));
  }
}

package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;

/**
 * Reading and writing registers as operands (check_reg_arg): what may be read, and which 32-bit
 * definitions have their upper half read later.
 */
final class Operands {
  // Bits of widths: what is written, a scalar that is read, anything else that is read.
  private static final int TARGET = 1;
  private static final int SCALAR_SOURCE = 2;
  private static final int SOURCE = 4;

  /** {@link #widths(long)} of the codes that alone decide it. */
  private static final byte[] BY_CODE = new byte[256];

  static {
    for (int code = 0; code < BY_CODE.length; code++) {
      BY_CODE[code] = widths(code);
    }
  }

  private final Env env;
  private final Scratched scratched;
  private final byte[] widths;

  Operands(Env env) {
    this.env = env;
    scratched = env.trace.scratched;
    widths = new byte[env.insnCount];
    for (int i = 0; i < widths.length; i++) {
      int code = InsnWord.code(env.insns[i]);
      widths[i] = decides(code) ? BY_CODE[code] : widths(env.insns[i]);
    }
  }

  /** The register is read. */
  void source(int regno) {
    valid(regno);
    scratched.reg(regno);
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (Reg.type(r, at) == RegType.NOT_INIT) {
      throw env.reject(Errno.EACCES, "R" + regno + " !read_ok")
          .because(new Reason.NotInitialized(regno));
    }
    if (regno == 10) {
      return;
    }
    int def = Reg.subregDef(r, at);
    if (def != 0 && wide(Reg.type(r, at) == RegType.SCALAR, true)) {
      env.facts.zeroExtend[def - 1] = true;
      Reg.setSubregDef(r, at, 0);
    }
  }

  /** The register is about to be written; its value stays for now (DST_OP_NO_MARK). */
  void target(int regno) {
    valid(regno);
    scratched.reg(regno);
    if (regno == 10) {
      throw env.reject(Errno.EACCES, "frame pointer is read only");
    }
    Reg.setSubregDef(env.regs(), Frame.reg(regno), wide(true, false) ? 0 : env.insn + 1);
  }

  /** The register is written with something unknown (DST_OP). */
  void unknownTarget(int regno) {
    target(regno);
    Reg.markUnknown(env.regs(), Frame.reg(regno), false);
  }

  private void valid(int regno) {
    if (regno > 10) {
      throw env.reject(Errno.EINVAL, "R" + regno + " is invalid");
    }
  }

  /** r0..r5 are lost by a call. */
  void clobberCallerSaved(long[] r) {
    for (int i = 0; i <= 5; i++) {
      Reg.markNotInit(r, Frame.reg(i), false);
      scratched.reg(i);
      Reg.setSubregDef(r, Frame.reg(i), wide(true, false) ? 0 : env.insn + 1);
    }
  }

  private boolean wide(boolean scalar, boolean source) {
    int uses = !source ? TARGET : scalar ? SCALAR_SOURCE : SOURCE;
    return (widths[env.insn] & uses) != 0;
  }

  private static boolean decides(int code) {
    int kind = classOf(code);
    return kind == JMP ? op(code) != CALL : kind != ALU && kind != ALU64 || op(code) != END;
  }

  /** Which operands an instruction uses all 64 bits of. */
  private static byte widths(long word) {
    int widths = wide(word, true, false) ? TARGET : 0;
    widths |= wide(word, true, true) ? SCALAR_SOURCE : 0;
    widths |= wide(word, false, true) ? SOURCE : 0;
    return (byte) widths;
  }

  /** Whether an instruction uses all 64 bits of an operand (is_reg64). */
  private static boolean wide(long word, boolean scalar, boolean source) {
    int code = InsnWord.code(word);
    return switch (classOf(code)) {
      case JMP -> {
        if (op(code) == CALL) {
          yield InsnWord.src(word) != PSEUDO_CALL && source;
        }
        yield true;
      }
      case ALU64 -> {
        int imm = InsnWord.imm(word);
        yield op(code) != END || imm != 16 && imm != 32;
      }
      case ALU -> op(code) == END && InsnWord.imm(word) == 64;
      case JMP32 -> false;
      case LDX -> source || size(code) == DW || mode(code) == MEMSX;
      case STX -> source && !scalar || size(code) == DW;
      case LD -> mode(code) == IMM || source;
      default -> true;
    };
  }
}

package dev.skep.isa;

import static dev.skep.isa.Opcodes.*;

/**
 * Prints instructions as the verifier's log and bpftool do (kernel/bpf/disasm.c), without the line
 * feed.
 *
 * <pre>
 *   (b7) r0 = 0        (85) call bpf_map_lookup_elem#1        (65) if r1 s> 0x5 goto pc+2
 * </pre>
 *
 * Every word has a text; what the kernel has no form for prints as "BUG_..". The internal tail
 * call, which the kernel never shows, is "(f5) tail_call imm". Nothing is allocated per instruction
 * but what {@link CallNames} returns.
 */
public final class Disassembler {
  private static final String[] ALU_TEXT = {
    "+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "endian",
    "(null)", "(null)"
  };
  private static final String[] JUMP_TEXT = {
    "jmp", "==", ">", ">=", "&", "!=", "s>", "s>=", "call", "exit", "<", "<=", "s<", "s<=",
    "(null)", "(null)"
  };
  private static final String[] SIZE_TEXT = {"u32", "u16", "u8", "u64"};
  private static final String[] SIGNED_SIZE_TEXT = {"s32", "s16", "s8", "s64"};
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private Disassembler() {}

  /** One instruction as a string; {@code next} is the slot after it, 0 if there is none. */
  public static String text(long word, long next, CallNames names) {
    StringBuilder out = new StringBuilder(48);
    append(out, word, next, names);
    return out.toString();
  }

  /**
   * Appends one instruction.
   *
   * @param next the slot after it, read for ld_imm64 only
   */
  public static void append(StringBuilder out, long word, long next, CallNames names) {
    int code = InsnWord.code(word);
    switch (classOf(code)) {
      case LD -> load(out, code, word, next, names);
      case LDX -> loadIndirect(out, code, word);
      case ST -> storeImmediate(out, code, word);
      case STX -> storeRegister(out, code, word);
      case JMP, JMP32 -> jump(out, code, word, names);
      default -> arithmetic(out, code, word);
    }
  }

  private static void arithmetic(StringBuilder out, int code, long word) {
    boolean wide = classOf(code) == ALU64;
    int dst = InsnWord.dst(word);
    int imm = InsnWord.imm(word);
    if (op(code) == END) {
      String order = wide ? "bswap" : isX(code) ? "be" : "le";
      register(code(out, code), 'r', dst).append(" = ").append(order).append(imm).append(' ');
      register(out, 'r', dst);
      return;
    }
    char bank = wide ? 'r' : 'w';
    register(code(out, code), bank, dst);
    if (op(code) == NEG) {
      register(out.append(" = -"), bank, dst);
    } else if (code == MOV64_X && InsnWord.off(word) == ADDR_SPACE_CAST) {
      register(out.append(" = addr_space_cast("), 'r', InsnWord.src(word));
      out.append(", ").append(imm >>> 16).append(", ").append(imm & 0xffff).append(')');
    } else if (code == MOV64_X && InsnWord.off(word) == ADDR_PERCPU) {
      register(out.append(" = &(void __percpu *)("), 'r', InsnWord.src(word)).append(')');
    } else {
      operator(out.append(' '), code, InsnWord.off(word)).append(' ');
      if (isX(code)) {
        register(out.append(signExtension(code, InsnWord.off(word))), bank, InsnWord.src(word));
      } else {
        out.append(imm);
      }
    }
  }

  private static StringBuilder operator(StringBuilder out, int code, int off) {
    int op = op(code);
    if (off == 1 && (op == DIV || op == MOD)) {
      out.append('s');
    }
    return out.append(ALU_TEXT[op >> 4]);
  }

  private static String signExtension(int code, int off) {
    if (op(code) != MOV) {
      return "";
    }
    return switch (off) {
      case 8 -> "(s8)";
      case 16 -> "(s16)";
      case 32 -> "(s32)";
      default -> "";
    };
  }

  private static void storeRegister(StringBuilder out, int code, long word) {
    if (mode(code) == MEM) {
      memory(code(out, code), SIZE_TEXT, code, InsnWord.dst(word), InsnWord.off(word));
      register(out.append(" = "), 'r', InsnWord.src(word));
    } else if (mode(code) == ATOMIC) {
      atomic(out, code, word);
    } else {
      hex2(out.append("BUG_"), code);
    }
  }

  private static void atomic(StringBuilder out, int code, long word) {
    int imm = InsnWord.imm(word);
    int dst = InsnWord.dst(word);
    int src = InsnWord.src(word);
    int off = InsnWord.off(word);
    switch (imm) {
      case ADD, AND, OR, XOR -> {
        memory(code(out, code).append("lock "), SIZE_TEXT, code, dst, off);
        register(out.append(' ').append(ALU_TEXT[imm >> 4]).append(' '), 'r', src);
      }
      case ADD | FETCH -> fetch(out, code, "fetch_add", src, dst, off);
      case AND | FETCH -> fetch(out, code, "fetch_and", src, dst, off);
      case OR | FETCH -> fetch(out, code, "fetch_or", src, dst, off);
      case XOR | FETCH -> fetch(out, code, "fetch_xor", src, dst, off);
      case XCHG -> fetch(out, code, "xchg", src, dst, off);
      case CMPXCHG -> {
        code(out, code).append(size(code) == DW ? "r0 = atomic64" : "r0 = atomic");
        address(out.append("_cmpxchg("), SIZE_TEXT, code, dst, off);
        register(out.append(", r0, "), 'r', src).append(')');
      }
      case LOAD_ACQ -> {
        register(code(out, code), 'r', dst).append(" = load_acquire(");
        address(out, SIZE_TEXT, code, src, off).append(')');
      }
      case STORE_REL -> {
        address(code(out, code).append("store_release("), SIZE_TEXT, code, dst, off);
        register(out.append(", "), 'r', src).append(')');
      }
      default -> hex2(out.append("BUG_"), code);
    }
  }

  private static void fetch(StringBuilder out, int code, String name, int src, int dst, int off) {
    register(code(out, code), 'r', src).append(size(code) == DW ? " = atomic64_" : " = atomic_");
    address(out.append(name).append('('), SIZE_TEXT, code, dst, off);
    register(out.append(", "), 'r', src).append(')');
  }

  private static void storeImmediate(StringBuilder out, int code, long word) {
    if (mode(code) == MEM) {
      memory(code(out, code), SIZE_TEXT, code, InsnWord.dst(word), InsnWord.off(word));
      out.append(" = ").append(InsnWord.imm(word));
    } else if (mode(code) == NOSPEC_MODE) {
      code(out, code).append("nospec");
    } else {
      hex2(out.append("BUG_st_"), code);
    }
  }

  private static void loadIndirect(StringBuilder out, int code, long word) {
    if (mode(code) != MEM && mode(code) != MEMSX) {
      hex2(out.append("BUG_ldx_"), code);
      return;
    }
    register(code(out, code), 'r', InsnWord.dst(word)).append(" = ");
    String[] types = mode(code) == MEM ? SIZE_TEXT : SIGNED_SIZE_TEXT;
    memory(out, types, code, InsnWord.src(word), InsnWord.off(word));
  }

  private static void load(StringBuilder out, int code, long word, long next, CallNames names) {
    if (mode(code) == ABS) {
      code(out, code).append("r0 = *(").append(SIZE_TEXT[size(code) >> 3]).append(" *)skb[");
      out.append(InsnWord.imm(word)).append(']');
    } else if (mode(code) == IND) {
      code(out, code).append("r0 = *(").append(SIZE_TEXT[size(code) >> 3]).append(" *)skb[");
      register(out, 'r', InsnWord.src(word)).append(" + ").append(InsnWord.imm(word)).append(']');
    } else if (code == LD_IMM64) {
      register(code(out, code), 'r', InsnWord.dst(word)).append(" = ");
      String known = names.immediate(word, next);
      if (known != null) {
        out.append(known);
      } else {
        hex(out, InsnWord.imm64(word, next));
      }
    } else {
      hex2(out.append("BUG_ld_"), code);
    }
  }

  private static void jump(StringBuilder out, int code, long word, CallNames names) {
    code(out, code);
    int off = InsnWord.off(word);
    if (op(code) == CALL) {
      call(out, word, names);
    } else if (code == JA_CODE) {
      signed(out.append("goto pc"), off);
    } else if (code == MAY_GOTO_CODE && InsnWord.src(word) == MAY_GOTO) {
      signed(out.append("may_goto pc"), off);
    } else if (code == GOTOL_CODE) {
      signed(out.append("gotol pc"), InsnWord.imm(word));
    } else if (code == GOTOX_CODE) {
      register(out.append("gotox "), 'r', InsnWord.dst(word));
    } else if (code == EXIT_CODE) {
      out.append("exit");
    } else if (code == TAIL_CALL_CODE) {
      out.append("tail_call ").append(InsnWord.imm(word));
    } else {
      char bank = classOf(code) == JMP32 ? 'w' : 'r';
      register(out.append("if "), bank, InsnWord.dst(word)).append(' ');
      out.append(JUMP_TEXT[op(code) >> 4]).append(' ');
      if (isX(code)) {
        register(out, bank, InsnWord.src(word));
      } else {
        hex(out, InsnWord.imm(word) & 0xffffffffL);
      }
      signed(out.append(" goto pc"), off);
    }
  }

  private static void call(StringBuilder out, long word, CallNames names) {
    String name = names.call(word);
    if (InsnWord.src(word) != PSEUDO_CALL) {
      out.append("call ").append(name == null ? "unknown" : name);
      out.append('#').append(InsnWord.imm(word));
    } else if (name != null) {
      out.append("call pc").append(name);
    } else {
      signed(out.append("call pc"), InsnWord.imm(word));
    }
  }

  /** The access "*(u32 *)(r1 +76)". */
  private static StringBuilder memory(
      StringBuilder out, String[] types, int code, int base, int off) {
    return address(out.append('*'), types, code, base, off);
  }

  /** The address "(u32 *)(r1 +76)". */
  private static StringBuilder address(
      StringBuilder out, String[] types, int code, int base, int off) {
    out.append('(').append(types[size(code) >> 3]).append(" *)(");
    return signed(register(out, 'r', base).append(' '), off).append(')');
  }

  private static StringBuilder code(StringBuilder out, int code) {
    return hex2(out.append('('), code).append(") ");
  }

  private static StringBuilder register(StringBuilder out, char bank, int number) {
    return out.append(bank).append(number);
  }

  private static StringBuilder signed(StringBuilder out, int value) {
    return value < 0 ? out.append(value) : out.append('+').append(value);
  }

  private static StringBuilder hex2(StringBuilder out, int value) {
    return out.append(HEX[value >> 4 & 15]).append(HEX[value & 15]);
  }

  private static void hex(StringBuilder out, long value) {
    out.append("0x");
    int shift = 60 - (Long.numberOfLeadingZeros(value | 1) & ~3);
    for (; shift >= 0; shift -= 4) {
      out.append(HEX[(int) (value >>> shift) & 15]);
    }
  }
}

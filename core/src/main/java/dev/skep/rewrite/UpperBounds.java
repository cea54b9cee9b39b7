package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;

/**
 * The greatest value that each register can hold at one point, unsigned, whole and of its lower
 * half; and which registers hold the same value. Everything not understood counts as any value.
 */
final class UpperBounds {
  static final int REGISTERS = 12;

  private static final long ANY = -1L;
  private static final long ANY32 = 0xffffffffL;
  private static final int NO_COPY = 0;

  /** Greatest value of the whole register. */
  final long[] max = new long[REGISTERS];

  /** Greatest value of its lower half, 0..2^32-1, at most {@link #max}. */
  final long[] low = new long[REGISTERS];

  /** Registers with the same number, other than 0, hold the same value. */
  final int[] same = new int[REGISTERS];

  void forgetAll() {
    for (int r = 0; r < REGISTERS; r++) {
      forget(r);
    }
  }

  private void forget(int r) {
    set(r, ANY, ANY32);
  }

  private void forgetCallerSaved() {
    for (int r = 0; r <= 5; r++) {
      forget(r);
    }
    forget(AX);
  }

  private void set(int r, long most, long mostLow) {
    max[r] = most;
    low[r] = most >>> 32 == 0 && most < mostLow ? most : mostLow;
    same[r] = NO_COPY;
  }

  private void setConstant(int r, long value) {
    set(r, value, value & ANY32);
  }

  /** The result of a 32-bit operation, whose upper half is 0. */
  private void setLow(int r, long most) {
    set(r, most, most);
  }

  private static long min(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }

  // Instructions ------------------------------------------------------------------------------

  /**
   * What an instruction other than a jump does.
   *
   * @param next the second half of a ld_imm64
   * @param number differs for each instruction, and is not 0
   */
  void execute(long word, long next, int number) {
    int code = InsnWord.code(word);
    switch (classOf(code)) {
      case ALU64 -> alu(word, code, number);
      case ALU -> alu32(word, code, number);
      case LDX -> load(word, code);
      case LD -> constant(word, next, code);
      case STX -> atomic(word, code);
      case JMP -> {
        if (op(code) == CALL || op(code) == TAIL_CALL) {
          forgetCallerSaved();
        }
      }
      default -> {}
    }
  }

  private void load(long word, int code) {
    int dst = InsnWord.dst(word);
    int mode = mode(code);
    boolean extends0 = mode == MEM || mode == PROBE_MEM || mode == PROBE_MEM32;
    switch (extends0 ? size(code) : DW) {
      case B -> setLow(dst, 0xff);
      case H -> setLow(dst, 0xffff);
      case W -> setLow(dst, ANY32);
      default -> forget(dst);
    }
  }

  private void constant(long word, long next, int code) {
    if (code != LD_IMM64) {
      forgetCallerSaved();
    } else if (InsnWord.src(word) == 0) {
      setConstant(InsnWord.dst(word), InsnWord.imm64(word, next));
    } else {
      forget(InsnWord.dst(word));
    }
  }

  /** What atomic operations bring back is not followed. */
  private void atomic(long word, int code) {
    if (mode(code) != ATOMIC && mode(code) != PROBE_ATOMIC) {
      return;
    }
    int operation = InsnWord.imm(word);
    if (operation == CMPXCHG) {
      forget(Words.R0);
    } else if (operation == LOAD_ACQ) {
      forget(InsnWord.dst(word));
    } else if ((operation & FETCH) != 0) {
      forget(InsnWord.src(word));
    }
  }

  // Arithmetic --------------------------------------------------------------------------------

  private void alu(long word, int code, int number) {
    int dst = InsnWord.dst(word);
    int src = InsnWord.src(word);
    long a = max[dst];
    long b = isX(code) ? max[src] : InsnWord.imm(word);
    boolean known = !isX(code);
    switch (op(code)) {
      case MOV -> move(word, code, number);
      case ADD -> set(dst, sum(a, b), ANY32);
      case AND -> set(dst, min(a, b), Math.min(low[dst], lowOperand(word, code)));
      case OR -> set(dst, filled(a | b), ANY32);
      case XOR -> setOrZero(dst, filled(a | b), isX(code) && src == dst);
      case MUL -> set(dst, Math.unsignedMultiplyHigh(a, b) == 0 ? a * b : ANY, ANY32);
      case DIV, MOD -> divide(word, code, a, b, known);
      case LSH -> shiftLeft(dst, a, (int) b & 63, known);
      case RSH -> set(dst, known ? a >>> b : a, ANY32);
      case ARSH -> set(dst, a < 0 ? ANY : known ? a >> b : a, ANY32);
      default -> forget(dst);
    }
  }

  private void setOrZero(int dst, long most, boolean zero) {
    if (zero) {
      setConstant(dst, 0);
    } else {
      set(dst, most, ANY32);
    }
  }

  private long lowOperand(long word, int code) {
    return isX(code) ? low[InsnWord.src(word)] : InsnWord.imm(word) & ANY32;
  }

  private static long sum(long a, long b) {
    long sum = a + b;
    return Long.compareUnsigned(sum, a) < 0 ? ANY : sum;
  }

  /** The greatest number with as many bits. */
  private static long filled(long bits) {
    return bits == 0 ? 0 : ANY >>> Long.numberOfLeadingZeros(bits);
  }

  /** Division by zero gives zero, the remainder of it the dividend. */
  private void divide(long word, int code, long a, long b, boolean known) {
    int dst = InsnWord.dst(word);
    if (InsnWord.off(word) != 0) {
      forget(dst);
    } else if (!known || b == 0) {
      set(dst, a, ANY32);
    } else {
      set(dst, op(code) == DIV ? Long.divideUnsigned(a, b) : min(a, b - 1), ANY32);
    }
  }

  /** Of a shift by 32 and more only the lower half is left. */
  private void shiftLeft(int dst, long a, int by, boolean known) {
    long most = by >= 32 ? low[dst] : a;
    boolean fits = known && most << by >>> by == most;
    set(dst, fits ? most << by : ANY, known && by >= 32 ? 0 : ANY32);
  }

  private void move(long word, int code, int number) {
    int dst = InsnWord.dst(word);
    int src = InsnWord.src(word);
    int off = InsnWord.off(word);
    if (!isX(code)) {
      setConstant(dst, InsnWord.imm(word));
    } else if (off == 0) {
      copy(dst, src, number);
    } else if (off >= 8 && Long.compareUnsigned(max[src], (1L << off - 1) - 1) <= 0) {
      set(dst, max[src], ANY32); // the sign that is extended is 0
    } else {
      forget(dst);
    }
  }

  private void copy(int dst, int src, int number) {
    if (dst == src) {
      return;
    }
    if (same[src] == NO_COPY) {
      for (int r = 0; r < REGISTERS; r++) {
        same[r] = same[r] == number ? NO_COPY : same[r]; // of an earlier round of a loop
      }
      same[src] = number;
    }
    int shared = same[src];
    set(dst, max[src], low[src]);
    same[dst] = shared;
  }

  private void alu32(long word, int code, int number) {
    int dst = InsnWord.dst(word);
    int src = InsnWord.src(word);
    boolean known = !isX(code);
    long a = low[dst];
    long b = lowOperand(word, code);
    int by = (int) b & 31;
    switch (op(code)) {
      case MOV -> move32(word, code, number);
      case ADD -> setLow(dst, lowOr(a + b));
      case AND -> setLow(dst, Math.min(a, b));
      case OR -> setLow(dst, filled(a | b));
      case XOR -> setLow(dst, !known && src == dst ? 0 : filled(a | b));
      case MUL -> setLow(dst, lowOr(a * b));
      case DIV, MOD -> divide32(word, code, a, b, known);
      case LSH -> setLow(dst, known ? lowOr(a << by) : ANY32);
      case RSH -> setLow(dst, known ? a >>> by : a);
      case ARSH -> setLow(dst, a >= 1L << 31 ? ANY32 : known ? a >>> by : a);
      case END -> swap(dst, InsnWord.imm(word));
      default -> setLow(dst, ANY32);
    }
  }

  private static long lowOr(long value) {
    return value >>> 32 == 0 ? value : ANY32;
  }

  private void swap(int dst, int bits) {
    switch (bits) {
      case 16 -> setLow(dst, 0xffff);
      case 32 -> setLow(dst, ANY32);
      default -> forget(dst);
    }
  }

  private void divide32(long word, int code, long a, long b, boolean known) {
    int dst = InsnWord.dst(word);
    if (InsnWord.off(word) != 0) {
      setLow(dst, ANY32);
    } else if (!known || b == 0) {
      setLow(dst, a);
    } else {
      setLow(dst, op(code) == DIV ? a / b : Math.min(a, b - 1));
    }
  }

  private void move32(long word, int code, int number) {
    int dst = InsnWord.dst(word);
    int src = InsnWord.src(word);
    int off = InsnWord.off(word);
    if (!isX(code)) {
      setLow(dst, InsnWord.imm(word) & ANY32);
    } else if (off != 0) {
      boolean positive = off >= 8 && low[src] <= (1L << off - 1) - 1;
      setLow(dst, positive ? low[src] : ANY32);
    } else if (max[src] >>> 32 == 0) {
      copy(dst, src, number);
    } else {
      setLow(dst, low[src]);
    }
  }

  // Jumps -------------------------------------------------------------------------------------

  /** What holds on one way out of a conditional jump. */
  void assume(long word, boolean taken) {
    int code = InsnWord.code(word);
    boolean half = classOf(code) == JMP32;
    int dst = InsnWord.dst(word);
    int src = InsnWord.src(word);
    long a = half ? low[dst] : max[dst];
    long imm = half ? InsnWord.imm(word) & ANY32 : InsnWord.imm(word);
    long b = isX(code) ? half ? low[src] : max[src] : imm;
    int op = taken ? op(code) : opposite(op(code));
    if (isSigned(op)) {
      long sign = half ? 1L << 31 : Long.MIN_VALUE;
      if (((a | b) & sign) != 0) {
        return;
      }
      op = unsigned(op);
    }
    switch (op) {
      case JEQ -> {
        limit(dst, b, half);
        limitOperand(code, src, a, half);
      }
      case JLT -> limit(dst, b == 0 ? 0 : b - 1, half);
      case JLE -> limit(dst, b, half);
      case JGT -> limitOperand(code, src, a == 0 ? 0 : a - 1, half);
      case JGE -> limitOperand(code, src, a, half);
      default -> {}
    }
  }

  private void limitOperand(int code, int src, long most, boolean half) {
    if (isX(code)) {
      limit(src, most, half);
    }
  }

  private static boolean isSigned(int op) {
    return op == JSGT || op == JSGE || op == JSLT || op == JSLE;
  }

  private static int unsigned(int op) {
    return switch (op) {
      case JSGT -> JGT;
      case JSGE -> JGE;
      case JSLT -> JLT;
      default -> JLE;
    };
  }

  /** The test that holds where the jump is not taken; JA for none. */
  private static int opposite(int op) {
    return switch (op) {
      case JNE -> JEQ;
      case JGT -> JLE;
      case JGE -> JLT;
      case JLT -> JGE;
      case JLE -> JGT;
      case JSGT -> JSLE;
      case JSGE -> JSLT;
      case JSLT -> JSGE;
      case JSLE -> JSGT;
      default -> JA;
    };
  }

  private void limit(int register, long most, boolean half) {
    int number = same[register];
    for (int r = 0; r < REGISTERS; r++) {
      if (r != register && (number == NO_COPY || same[r] != number)) {
        continue;
      }
      if (half && max[r] >>> 32 != 0) {
        low[r] = Math.min(low[r], most);
      } else {
        max[r] = min(max[r], most);
        low[r] = max[r] >>> 32 == 0 ? Math.min(low[r], max[r]) : low[r];
      }
    }
  }
}

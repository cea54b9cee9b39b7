package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;
import dev.skep.program.Helpers;
import dev.skep.program.Program;

/**
 * Which registers may be read before they are written, seen from each instruction
 * (compute_live_registers): a backward data flow over the postorder until nothing changes.
 */
final class LiveRegisters {
  private static final int R0 = 1;
  private static final int CALLER_SAVED = 0x3f;
  private static final int ALL = 0xffff;

  private LiveRegisters() {}

  /** Fills {@link InsnMarks#liveBefore}; at level 2 prints the table. */
  static void compute(
      Program program,
      AllowedHelpers helpers,
      CalledKfuncs kfuncs,
      InsnMarks marks,
      VerifierLog log,
      Trace trace) {
    long[] insns = program.insns();
    int[] useDef = new int[insns.length];
    for (int i = 0; i < insns.length; i++) {
      useDef[i] = useDef(insns[i], helpers, kfuncs);
    }
    short[] in = marks.liveBefore;
    int[] next = new int[2];
    boolean[] done = new boolean[insns.length];
    boolean early = false;
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int at : marks.postorder) {
        int out = 0;
        int successors = Successors.of(insns, at, next);
        for (int s = 0; s < successors; s++) {
          out |= in[next[s]];
          early |= !done[next[s]];
        }
        done[at] = true;
        short live = (short) (out & ~(useDef[at] >>> 16) | useDef[at] & ALL);
        if (live != in[at]) {
          in[at] = live;
          changed = true;
        }
      }
      // Once is enough where what follows always came first.
      changed &= early;
    }
    if (log.level2()) {
      print(insns, marks, log, trace);
    }
  }

  private static void print(long[] insns, InsnMarks marks, VerifierLog log, Trace trace) {
    log.add("Live regs before insn:\n");
    for (int i = 0; i < insns.length; i++) {
      if (marks.scc[i] != 0) {
        log.num(marks.scc[i], 3).add(' ');
      } else {
        log.blanks(4);
      }
      log.num(i, 3).add(": ");
      for (int r = 0; r < 10; r++) {
        log.add((marks.liveBefore[i] >>> r & 1) != 0 ? (char) ('0' + r) : '.');
      }
      log.add(' ');
      trace.instruction(i);
      if (InsnWord.code(insns[i]) == LD_IMM64) {
        i++;
      }
    }
  }

  /** Registers read in the low 16 bits, registers written in the high 16 bits. */
  private static int useDef(long word, AllowedHelpers helpers, CalledKfuncs kfuncs) {
    int code = InsnWord.code(word);
    int src = 1 << InsnWord.src(word);
    int dst = 1 << InsnWord.dst(word);
    return switch (classOf(code)) {
      // Packet loads count as reading everything.
      case LD -> code == LD_IMM64 ? dst << 16 : ALL;
      case LDX -> dst << 16 | src;
      case ST -> mode(code) == MEM ? dst : ALL;
      case STX -> store(code, word, src, dst);
      case ALU, ALU64 -> arithmetic(code, src, dst);
      default -> jump(code, word, src, dst, helpers, kfuncs);
    };
  }

  private static int store(int code, long word, int src, int dst) {
    if (mode(code) == MEM) {
      return dst | src;
    }
    if (mode(code) != ATOMIC) {
      return ALL;
    }
    return switch (InsnWord.imm(word)) {
      case CMPXCHG -> R0 << 16 | R0 | dst | src;
      case LOAD_ACQ -> dst << 16 | src;
      case STORE_REL -> dst | src;
      default -> ((InsnWord.imm(word) & FETCH) != 0 ? src << 16 : 0) | dst | src;
    };
  }

  private static int arithmetic(int code, int src, int dst) {
    return switch (op(code)) {
      case END -> dst << 16 | dst;
      case MOV -> dst << 16 | (isX(code) ? src : 0);
      default -> dst << 16 | (isX(code) ? dst | src : dst);
    };
  }

  private static int jump(
      int code, long word, int src, int dst, AllowedHelpers helpers, CalledKfuncs kfuncs) {
    return switch (op(code)) {
      case JA, JCOND -> 0;
      case EXIT -> R0;
      case CALL -> CALLER_SAVED << 16 | arguments(word, helpers, kfuncs);
      default -> isX(code) ? dst | src : dst;
    };
  }

  private static int arguments(long word, AllowedHelpers helpers, CalledKfuncs kfuncs) {
    if (Subprogs.isHelperCall(word) && helpers.allows(InsnWord.imm(word))) {
      return (2 << Helpers.parameters(InsnWord.imm(word), helpers.type())) - 2;
    }
    CalledKfuncs.Called kfunc = Subprogs.isKfuncCall(word) ? kfuncs.at(word) : null;
    if (kfunc != null && kfuncs.isAllowed(kfunc)) {
      return (2 << kfunc.parameters()) - 2;
    }
    return CALLER_SAVED & ~R0;
  }
}

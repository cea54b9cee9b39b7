package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;
import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;

/**
 * Arithmetic that must stay inside its object also when the CPU guesses wrong, for loaders without
 * CAP_PERFMON (sanitize_ptr_alu): notes what the rewrites mask by, and queues the path on which the
 * mask made the scalar zero.
 */
final class PointerGuard {
  // Bits of alu_state.
  private static final int SANITIZE_SRC = 1;
  private static final int SANITIZE_DST = 2;
  private static final int NEG_VALUE = 1 << 2;
  private static final int NON_POINTER = 1 << 3;
  private static final int IMMEDIATE = 1 << 4;

  private static final String PROHIBITED = "pointer arithmetic with it prohibited for !root";

  private final Env env;
  private final MemoryAccess memory;

  // What the first look found, for the second (struct bpf_sanitize_info).
  private int state;
  private int limit;
  private boolean toLeft;
  private boolean skipped;

  PointerGuard(Env env, MemoryAccess memory) {
    this.env = env;
    this.memory = memory;
  }

  private boolean skips(long word) {
    return !env.guarded || !isX(InsnWord.code(word)) || env.facts.nospec[env.insn];
  }

  private static boolean moves(long word) {
    int op = op(InsnWord.code(word));
    return op == ADD || op == SUB;
  }

  /** A sum of numbers must not be one of pointers on another path (sanitize_val_alu). */
  void number(long word) {
    if (moves(word) && !skips(word)) {
      note(word, NON_POINTER, 0);
    }
  }

  private void note(long word, int newState, int newLimit) {
    int[] states = env.facts.aluState;
    int[] limits = env.facts.aluLimit;
    int insn = env.insn;
    if (states[insn] != 0 && (states[insn] != newState || limits[insn] != newLimit)) {
      throw differs(word);
    }
    states[insn] = newState;
    limits[insn] = newLimit;
  }

  private Rejection differs(long word) {
    return env.reject(
        Errno.EACCES,
        "R"
            + InsnWord.dst(word)
            + " tried to "
            + verb(word)
            + " from different maps, paths or scalars, "
            + PROHIBITED);
  }

  private static String verb(long word) {
    return op(InsnWord.code(word)) == ADD ? "add" : "sub";
  }

  /**
   * Before the operation.
   *
   * @param ptrAt the pointer
   * @param by what is added or subtracted
   * @param reversed whether that is in the destination
   */
  void before(long word, int ptrAt, Scalar by, boolean reversed) {
    skipped = !moves(word) || skips(word);
    if (skipped) {
      return;
    }
    boolean known = by.isConst();
    if (!env.cur.speculative) {
      look(word, ptrAt, by, known, reversed);
    }
    if (!known) {
      simulate(word, ptrAt, reversed);
    }
  }

  private void look(long word, int ptrAt, Scalar by, boolean known, boolean reversed) {
    boolean negative = by.smin < 0;
    int scalar = reversed ? InsnWord.dst(word) : InsnWord.src(word);
    if (!known && negative != by.smax < 0) {
      throw env.reject(
          Errno.EACCES,
          "R" + scalar + " has unknown scalar with mixed signed bounds, " + PROHIBITED);
    }
    boolean add = op(InsnWord.code(word)) == ADD;
    toLeft = add == negative;
    limit = limit(word, env.regs(), ptrAt, reversed);
    state = negative ? NEG_VALUE : 0;
    state |= known ? IMMEDIATE : 0;
    state |= reversed ? SANITIZE_DST : SANITIZE_SRC;
    if (!known) {
      env.explored.exploreLimits = true;
    }
  }

  /** How far the pointer may go (retrieve_ptr_limit). */
  private int limit(long word, long[] r, int at, boolean reversed) {
    int pointer = reversed ? InsnWord.src(word) : InsnWord.dst(word);
    int max;
    int found;
    switch (Reg.type(r, at)) {
      case STACK -> {
        max = Env.MAX_STACK + (toLeft ? 1 : 0);
        found = -(int) (Reg.value(r, at) + Reg.off(r, at));
      }
      case MAP_VALUE -> {
        max = env.map(r, at).valueSize();
        found = (int) (toLeft ? Reg.smin(r, at) : Reg.umax(r, at)) + Reg.off(r, at);
      }
      default ->
          throw env.reject(
              Errno.EACCES,
              "R" + pointer + " has pointer with unsupported alu operation, " + PROHIBITED);
    }
    if (Integer.compareUnsigned(found, max) >= 0) {
      throw env.reject(
          Errno.EACCES,
          "R"
              + InsnWord.dst(word)
              + " tried to "
              + verb(word)
              + " beyond pointer bounds, "
              + PROHIBITED);
    }
    return found;
  }

  /** The path on which nothing was added, because the mask took it for too much. */
  private void simulate(long word, int ptrAt, boolean reversed) {
    State other = env.paths.push(env.insn + 1, env.insn, Errno.ENOMEM);
    other.speculative = true;
    if (reversed) {
      Reg.copy(env.regs(), ptrAt, other.regs(), Frame.reg(InsnWord.dst(word)));
    }
  }

  /** Behind the operation: the result must lie within its object. */
  void behind(long word, int dst) {
    if (!env.guarded) {
      return;
    }
    long[] r = env.regs();
    int at = Frame.reg(dst);
    checkPlace(r, at, dst);
    if (skipped || env.cur.speculative) {
      return;
    }
    int now = limit(word, r, at, false);
    note(word, state, Math.abs(limit - now));
  }

  /** sanitize_check_bounds. */
  private void checkPlace(long[] r, int at, int dst) {
    switch (Reg.type(r, at)) {
      case STACK -> {
        int off = Reg.off(r, at) + (int) Reg.value(r, at);
        if (!Reg.isConst(r, at)) {
          throw env.reject(
              Errno.EACCES,
              "R"
                  + dst
                  + " variable stack access prohibited for !root, var_off="
                  + StackAccess.tnum(r, at)
                  + " off="
                  + off);
        }
        if (off >= 0 || off < -Env.MAX_STACK) {
          throw env.reject(
              Errno.EACCES,
              "R"
                  + dst
                  + " stack pointer arithmetic goes out of range, prohibited for !root; off="
                  + off);
        }
      }
      case MAP_VALUE -> {
        try {
          memory.checkRegion(dst, Reg.off(r, at), 1, memory.valueSize(r, at), false);
          memory.checkFields(dst, Reg.off(r, at), 1, false);
        } catch (Rejection outside) {
          throw env.reject(
              Errno.EACCES,
              "R"
                  + dst
                  + " pointer arithmetic of map value goes out of range, prohibited for !root");
        }
      }
      default -> {}
    }
  }

  /**
   * The branch that is never taken is followed, too, as the CPU may: of what was compared nothing
   * is known there (sanitize_speculative_path).
   */
  void branch(long word, int target) {
    if (!env.guarded) {
      return;
    }
    State other = env.paths.push(target, env.insn, Errno.EFAULT);
    other.speculative = true;
    long[] r = other.regs();
    Reg.markUnknown(r, Frame.reg(InsnWord.dst(word)), false);
    if (isX(InsnWord.code(word))) {
      Reg.markUnknown(r, Frame.reg(InsnWord.src(word)), false);
    }
  }
}

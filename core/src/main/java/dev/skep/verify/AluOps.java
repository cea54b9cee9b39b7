package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;
import static dev.skep.verify.RegType.ARENA;
import static dev.skep.verify.RegType.SCALAR;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;

/** Arithmetic instructions (check_alu_op). */
final class AluOps {
  private final Env env;
  private final Operands operands;
  private final StackAccess stack;
  private final PointerAlu pointers;

  private final PointerGuard guard;

  AluOps(Env env, Operands operands, StackAccess stack, PointerGuard guard) {
    this.env = env;
    this.operands = operands;
    this.stack = stack;
    this.guard = guard;
    pointers = new PointerAlu(env, guard);
  }

  void check(long word) {
    int op = op(InsnWord.code(word));
    if (op == END || op == NEG) {
      unary(word, op);
    } else if (op == MOV) {
      if (isX(InsnWord.code(word))) {
        moveRegister(word);
      } else {
        moveConstant(word);
      }
    } else if (op > END) {
      throw env.reject(Errno.EINVAL, "invalid BPF_ALU opcode " + Integer.toHexString(op));
    } else {
      binary(word, op);
    }
    env.scalars.check(env.regs(), Frame.reg(InsnWord.dst(word)), "alu");
  }

  private Rejection reserved(String what) {
    return env.reject(Errno.EINVAL, what + " uses reserved fields");
  }

  private void unary(long word, int op) {
    int code = InsnWord.code(word);
    int imm = InsnWord.imm(word);
    int dst = InsnWord.dst(word);
    boolean used = InsnWord.src(word) != 0 || InsnWord.off(word) != 0;
    if (op == NEG) {
      if (used || isX(code) || imm != 0) {
        throw reserved("BPF_NEG");
      }
    } else if (used || imm != 16 && imm != 32 && imm != 64 || classOf(code) == ALU64 && isX(code)) {
      throw reserved("BPF_END");
    }
    operands.source(dst);
    if (env.leaks(dst)) {
      throw env.reject(Errno.EACCES, "R" + dst + " pointer arithmetic prohibited");
    }
    long[] r = env.regs();
    int at = Frame.reg(dst);
    if (Reg.type(r, at) != SCALAR) {
      operands.unknownTarget(dst);
      return;
    }
    operands.target(dst);
    if (op == NEG) {
      env.scalars.negate(r, at, classOf(code) != ALU64);
      Reg.setType(r, at, SCALAR);
      return;
    }
    boolean swap = classOf(code) == ALU64 || isX(code);
    if (swap || imm != 64) {
      Reg.unlink(r, at);
    }
    env.scalars.byteSwap(r, at, imm, swap);
  }

  // Moves -------------------------------------------------------------------------------------

  private void moveConstant(long word) {
    if (InsnWord.src(word) != 0 || InsnWord.off(word) != 0) {
      throw reserved("BPF_MOV");
    }
    int dst = InsnWord.dst(word);
    operands.target(dst);
    long imm = InsnWord.imm(word);
    long[] r = env.regs();
    int at = Frame.reg(dst);
    Reg.markUnknown(r, at, false);
    Reg.markConst(r, at, classOf(InsnWord.code(word)) == ALU64 ? imm : imm & 0xffffffffL);
  }

  private void moveRegister(long word) {
    int off = InsnWord.off(word);
    int imm = InsnWord.imm(word);
    boolean wide = classOf(InsnWord.code(word)) == ALU64;
    if (wide && off == ADDR_SPACE_CAST) {
      addressSpaceCast(word, imm);
      return;
    }
    if (off != 0 && off != 8 && off != 16 && !(wide && off == 32) || imm != 0) {
      throw reserved("BPF_MOV");
    }
    int src = InsnWord.src(word);
    int dst = InsnWord.dst(word);
    operands.source(src);
    operands.target(dst);
    if (wide) {
      moveWide(src, dst, off);
    } else {
      moveNarrow(src, dst, off);
    }
  }

  private void addressSpaceCast(long word, int imm) {
    if (imm != 1 && imm != 1 << 16) {
      throw env.reject(
          Errno.EINVAL, "addr_space_cast insn can only convert between address space 1 and 0");
    }
    if (!env.hasArena()) {
      throw env.reject(
          Errno.EINVAL,
          "addr_space_cast insn can only be used in a program that has an associated arena");
    }
    int dst = InsnWord.dst(word);
    operands.source(InsnWord.src(word));
    operands.target(dst);
    long[] r = env.regs();
    int at = Frame.reg(dst);
    Reg.markUnknown(r, at, false);
    if (imm == 1) {
      // The kernel's side of an arena has 32-bit addresses.
      Reg.setType(r, at, ARENA);
      Reg.setSubregDef(r, at, env.insn + 1);
    }
  }

  private void moveWide(int src, int dst, int off) {
    long[] r = env.regs();
    int from = Frame.reg(src);
    int at = Frame.reg(dst);
    if (off == 0) {
      stack.assignId(r, from);
      Reg.copy(r, from, r, at);
      Reg.setSubregDef(r, at, 0);
      return;
    }
    if (env.leaks(src)) {
      throw env.reject(Errno.EACCES, "R" + src + " sign-extension part of pointer");
    }
    if (Reg.type(r, from) != SCALAR) {
      Reg.markUnknown(r, at, false);
      return;
    }
    copySigned(r, from, at, off);
    env.scalars.signExtend(r, at, off >> 3);
    Reg.setSubregDef(r, at, 0);
  }

  /**
   * Copies what is about to be cut to {@code bits}: it stays linked if its sign does not change.
   */
  private void copySigned(long[] r, int from, int at, int bits) {
    boolean same = Long.compareUnsigned(Reg.umax(r, from), 1L << bits - 1) < 0;
    if (same) {
      stack.assignId(r, from);
    }
    Reg.copy(r, from, r, at);
    if (!same) {
      Reg.unlink(r, at);
    }
  }

  private void moveNarrow(int src, int dst, int off) {
    long[] r = env.regs();
    int from = Frame.reg(src);
    int at = Frame.reg(dst);
    if (env.leaks(src)) {
      throw env.reject(Errno.EACCES, "R" + src + " partial copy of pointer");
    }
    if (Reg.type(r, from) != SCALAR) {
      Reg.markUnknown(r, at, false);
      env.scalars.zeroExtend(r, at);
      return;
    }
    if (off != 0) {
      copySigned(r, from, at, off);
      Reg.setSubregDef(r, at, env.insn + 1);
      env.scalars.signExtend32(r, at, off >> 3);
      return;
    }
    boolean fits = StackAccess.width(r, from) <= 32;
    if (fits) {
      stack.assignId(r, from);
    }
    Reg.copy(r, from, r, at);
    if (!fits) {
      Reg.unlink(r, at);
    }
    Reg.setSubregDef(r, at, env.insn + 1);
    env.scalars.zeroExtend(r, at);
  }

  // The others --------------------------------------------------------------------------------

  private void binary(long word, int op) {
    int code = InsnWord.code(word);
    int off = InsnWord.off(word);
    int imm = InsnWord.imm(word);
    boolean division = op == DIV || op == MOD;
    boolean badOff = off != 0 && !(off == 1 && division);
    if (isX(code)) {
      if (imm != 0 || badOff) {
        throw reserved("BPF_ALU");
      }
      operands.source(InsnWord.src(word));
    } else if (InsnWord.src(word) != 0 || badOff) {
      throw reserved("BPF_ALU");
    }
    int dst = InsnWord.dst(word);
    operands.source(dst);
    if (!isX(code) && division && imm == 0) {
      throw env.reject(Errno.EINVAL, "div by zero");
    }
    boolean shift = op == LSH || op == RSH || op == ARSH;
    if (!isX(code) && shift && (imm < 0 || imm >= (classOf(code) == ALU64 ? 64 : 32))) {
      throw env.reject(Errno.EINVAL, "invalid shift " + imm);
    }
    operands.target(dst);
    adjust(word, op);
  }

  /** adjust_reg_min_max_vals. */
  private void adjust(long word, int op) {
    long[] r = env.regs();
    int dst = InsnWord.dst(word);
    int at = Frame.reg(dst);
    int by = Frame.reg(InsnWord.src(word));
    boolean byArena = isX(InsnWord.code(word)) && Reg.type(r, by) == ARENA;
    if (Reg.type(r, at) == ARENA || byArena) {
      // Anything goes, in 32 bits.
      if (Reg.type(r, at) != ARENA) {
        Reg.copy(r, by, r, at);
      }
      Reg.setSubregDef(r, at, env.insn + 1);
      if (classOf(InsnWord.code(word)) == ALU64) {
        env.facts.arenaArithmetic[env.insn] = true;
      }
      return;
    }
    boolean pointer = Reg.type(r, at) != SCALAR;
    if (!isX(InsnWord.code(word))) {
      if (pointer) {
        pointers.addConstant(word, InsnWord.imm(word));
      } else {
        scalarConstant(word, op, at);
      }
      return;
    }
    int src = InsnWord.src(word);
    int from = Frame.reg(src);
    if (Reg.type(r, from) != SCALAR) {
      if (pointer) {
        if (op != SUB || env.guarded) {
          throw env.reject(
              Errno.EACCES,
              "R" + dst + " pointer " + PointerAlu.OPERATORS[op >> 4] + " pointer prohibited");
        }
        Reg.markUnknown(r, at, false);
        return;
      }
      env.backtrack.register(dst);
      pointers.addRegister(word, from, at);
    } else if (pointer) {
      env.backtrack.register(src);
      pointers.addRegister(word, at, from);
    } else {
      if (Reg.precise(r, at)) {
        env.backtrack.register(src);
      }
      scalars(word, op, at, from);
    }
  }

  private void scalars(long word, int op, int at, int from) {
    long[] r = env.regs();
    boolean alu32 = classOf(InsnWord.code(word)) != ALU64;
    if (Reg.isConst(r, from)) {
      fork(op, at);
    }
    long umax = Reg.umax(r, at);
    guard.number(word);
    env.scalars.arithmetic(r, at, r, from, op, alu32);
    // What a register adds to itself is gone by now.
    boolean known = from != at && (alu32 ? Reg.isConst32(r, from) : Reg.isConst(r, from));
    link(op, alu32, at, known, Reg.value(r, from), umax);
  }

  private void scalarConstant(long word, int op, int at) {
    long[] r = env.regs();
    boolean alu32 = classOf(InsnWord.code(word)) != ALU64;
    long constant = InsnWord.imm(word);
    fork(op, at);
    long umax = Reg.umax(r, at);
    env.scalars.arithmetic(r, at, constant, op, alu32);
    link(op, alu32, at, true, constant, umax);
  }

  /** Masks 0 and -1, as compilers make them of conditions, are followed one by one. */
  private void fork(int op, int at) {
    if (op != AND && op != OR) {
      return;
    }
    int kind = env.scalars.forkKind(env.regs(), at);
    if (kind == Scalars.NO_FORK) {
      return;
    }
    State other = env.paths.push(env.insn, env.insn, Errno.EFAULT);
    env.scalars.settleFork(other.regs(), at, kind, 0);
    env.scalars.settleFork(env.regs(), at, kind, -1);
  }

  /**
   * A copy plus or minus a constant stays linked to what it was copied from, once.
   *
   * @param umax of the register before the operation: a 32-bit sum of more is no sum
   */
  private void link(int op, boolean alu32, int at, boolean known, long constant, long umax) {
    long[] r = env.regs();
    int id = Reg.id(r, at);
    if (op != ADD && op != SUB || id == 0 || !known) {
      Reg.unlink(r, at);
      return;
    }
    int delta = op == SUB ? -(int) constant : (int) constant;
    boolean fits = alu32 ? umax >>> 32 == 0 : constant == (int) constant;
    if (!fits || op == SUB && delta == Integer.MIN_VALUE || (id & Reg.ADD_CONST) != 0) {
      Reg.unlink(r, at);
    } else {
      Reg.setId(r, at, id | (alu32 ? Reg.ADD_CONST32 : Reg.ADD_CONST64));
      Reg.setOff(r, at, delta);
    }
  }
}

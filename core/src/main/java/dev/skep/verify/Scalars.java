package dev.skep.verify;

import dev.skep.errors.Errno;

/**
 * The scalar domain on packed registers: unpacks, computes, packs again. One per verification; the
 * cells inside make it free of allocation.
 */
final class Scalars {
  /** {@link #forkKind}: the instruction is carried out once. */
  static final int NO_FORK = 0;

  /** {@link #forkKind}: once with the register 0, once with it -1. */
  static final int FORK_64 = 1;

  /** {@link #forkKind}: the same for the lower half. */
  static final int FORK_32 = 2;

  private final VerifierLog log;
  private final boolean preciseByDefault;
  private final boolean invariantsMatter;
  private final Scalar a = new Scalar();
  private final Scalar b = new Scalar();
  private final Scalar c = new Scalar();

  /**
   * @param preciseByDefault for loaders without CAP_BPF, for whom every scalar is precise
   */
  Scalars(VerifierLog log, boolean preciseByDefault) {
    this(log, preciseByDefault, false);
  }

  /**
   * @param invariantsMatter whether a contradiction ends the verification
   *     (BPF_F_TEST_REG_INVARIANTS)
   */
  Scalars(VerifierLog log, boolean preciseByDefault, boolean invariantsMatter) {
    this.log = log;
    this.preciseByDefault = preciseByDefault;
    this.invariantsMatter = invariantsMatter;
  }

  // Arithmetic --------------------------------------------------------------------------------

  /**
   * {@code dst op= src} of two scalars (adjust_scalar_min_max_vals). Type, offset and ids of the
   * destination stay, except that it loses them when nothing is known of the result.
   *
   * @param op upper four bits of the code; NEG and END have their own methods
   */
  void arithmetic(long[] dst, int dstAt, long[] src, int srcAt, int op, boolean alu32) {
    b.load(src, srcAt);
    operate(dst, dstAt, op, alu32);
  }

  /** {@link #arithmetic} with a constant as the second operand. */
  void arithmetic(long[] dst, int dstAt, long constant, int op, boolean alu32) {
    b.setConst(constant);
    operate(dst, dstAt, op, alu32);
  }

  private void operate(long[] dst, int at, int op, boolean alu32) {
    a.load(dst, at);
    if (ScalarAlu.apply(a, b, op, alu32)) {
      a.store(dst, at);
    } else {
      Reg.markUnknown(dst, at, preciseByDefault);
    }
  }

  /** {@code r = -r}; offset and ids go. */
  void negate(long[] r, int at, boolean alu32) {
    a.load(r, at);
    ScalarAlu.negate(a, b, alu32);
    Reg.markKnown(r, at, 0);
    a.store(r, at);
  }

  /**
   * Byte order conversion.
   *
   * @param bits 16, 32 or 64
   * @param swap whether the bytes are reversed: bswap, and "be" on a little-endian machine
   */
  void byteSwap(long[] r, int at, int bits, boolean swap) {
    a.load(r, at);
    ScalarAlu.byteSwap(a, bits, swap);
    a.store(r, at);
  }

  /**
   * Whether {@code and} or {@code or} with a constant is explored twice, because the destination
   * can only be 0 or -1 (maybe_fork_scalars).
   */
  int forkKind(long[] dst, int at) {
    if (Reg.smin(dst, at) == -1 && Reg.smax(dst, at) == 0) {
      return FORK_64;
    }
    return Reg.smin32(dst, at) == -1 && Reg.smax32(dst, at) == 0 ? FORK_32 : NO_FORK;
  }

  /** Gives a forked register one of its two values, 0 or -1. */
  void settleFork(long[] r, int at, int kind, int value) {
    if (kind == FORK_64) {
      Reg.markKnown(r, at, value);
    } else {
      a.load(r, at);
      a.setConst32(value);
      a.store(r, at);
    }
  }

  /**
   * Adds the distance to what is known of a linked scalar (sync_linked_regs).
   *
   * @param cut whether one of both is a 32-bit sum
   */
  void addDelta(long[] r, int at, long delta, boolean cut) {
    a.load(r, at);
    b.setConst(delta);
    ScalarAlu.add(a, b);
    if (cut) {
      ScalarBounds.zeroExtend(a);
    }
    ScalarBounds.sync(a);
    a.store(r, at);
  }

  // Width -------------------------------------------------------------------------------------

  /** Zero-extends the lower half, then syncs: a 32-bit move. */
  void zeroExtend(long[] r, int at) {
    a.load(r, at);
    ScalarBounds.zeroExtend(a);
    ScalarBounds.sync(a);
    a.store(r, at);
  }

  /** Keeps the low bytes, zeros above (coerce_reg_to_size). */
  void truncate(long[] r, int at, int bytes) {
    a.load(r, at);
    ScalarBounds.truncate(a, bytes);
    a.store(r, at);
  }

  /** Extends the sign of the low bytes to 64 bits (coerce_reg_to_size_sx). */
  void signExtend(long[] r, int at, int bytes) {
    a.load(r, at);
    ScalarBounds.signExtend(a, bytes);
    a.store(r, at);
  }

  /** Extends the sign of the low bytes to 32 bits, zeros above: a 32-bit move with sign. */
  void signExtend32(long[] r, int at, int bytes) {
    a.load(r, at);
    ScalarBounds.signExtend32(a, bytes);
    ScalarBounds.zeroExtend(a);
    ScalarBounds.sync(a);
    a.store(r, at);
  }

  void sync(long[] r, int at) {
    a.load(r, at);
    ScalarBounds.sync(a);
    a.store(r, at);
  }

  /** Narrows to a signed range that fits 32 bits (__mark_reg_s32_range). */
  void intersectRange(long[] r, int at, int min, int max) {
    a.load(r, at);
    a.smin32 = Math.max(a.smin32, min);
    a.smax32 = Math.min(a.smax32, max);
    a.smin = Math.max(a.smin, min);
    a.smax = Math.min(a.smax, max);
    ScalarBounds.sync(a);
    a.store(r, at);
    check(r, at, "s32_range");
  }

  // Branches ----------------------------------------------------------------------------------

  /**
   * 1 if {@code r1 op r2} holds for all values, 0 if for none, -1 if it depends; both may be the
   * same register.
   */
  int taken(long[] regs, int at1, int at2, int op, boolean jmp32) {
    a.load(regs, at1);
    b.load(regs, at2);
    return ScalarBranch.taken(a, b, op, jmp32);
  }

  /** {@link #taken} against a constant. */
  int taken(long[] r, int at, long constant, int op, boolean jmp32) {
    a.load(r, at);
    b.setConst(constant);
    return ScalarBranch.taken(a, b, op, jmp32);
  }

  /**
   * Narrows two registers in both branches of an undecided jump (reg_set_min_max). Nothing is
   * learnt of a register compared with itself.
   *
   * @param trueRegs registers of the branch that jumps
   * @param falseRegs registers of the branch that falls through
   */
  void refine(long[] trueRegs, long[] falseRegs, int at1, int at2, int op, boolean jmp32) {
    narrow(falseRegs, at1, at2, ScalarBranch.negate(op), jmp32);
    narrow(trueRegs, at1, at2, op, jmp32);
    check(trueRegs, at1, "true_reg1");
    check(trueRegs, at2, "true_reg2");
    check(falseRegs, at1, "false_reg1");
    check(falseRegs, at2, "false_reg2");
  }

  private void narrow(long[] regs, int at1, int at2, int op, boolean jmp32) {
    a.load(regs, at1);
    if (at1 == at2) {
      ScalarBranch.refine(a, a, op, jmp32);
      a.store(regs, at1);
      return;
    }
    b.load(regs, at2);
    ScalarBranch.refine(a, b, op, jmp32);
    a.store(regs, at1);
    b.store(regs, at2);
  }

  /** {@link #refine} against a constant. */
  void refine(long[] trueRegs, long[] falseRegs, int at, long constant, int op, boolean jmp32) {
    a.load(falseRegs, at);
    c.setConst(constant);
    ScalarBranch.refine(a, c, ScalarBranch.negate(op), jmp32);
    a.store(falseRegs, at);
    a.load(trueRegs, at);
    b.setConst(constant);
    ScalarBranch.refine(a, b, op, jmp32);
    a.store(trueRegs, at);
    check(trueRegs, at, "true_reg1");
    check(b, "true_reg2");
    check(falseRegs, at, "false_reg1");
    check(c, "false_reg2");
  }

  // Invariants --------------------------------------------------------------------------------

  /**
   * Forgets the ranges of a register that contradict each other, which happens on branches that can
   * never be taken, and says so (reg_bounds_sanity_check).
   */
  void check(long[] r, int at, String where) {
    if (consistent(r, at)) {
      return;
    }
    a.load(r, at);
    if (!check(a, where)) {
      a.unbound();
      a.store(r, at);
    }
  }

  /** Whether there is no {@link ScalarBounds#violation}. */
  private static boolean consistent(long[] r, int at) {
    long mask = r[at + Reg.MASK];
    long umin = r[at + Reg.UMIN];
    long smin = r[at + Reg.SMIN];
    if (mask == 0) {
      long x = r[at + Reg.VALUE];
      long both = x & Scalar.U32_MAX | x << 32;
      return umin == x
          && r[at + Reg.UMAX] == x
          && smin == x
          && r[at + Reg.SMAX] == x
          && r[at + Reg.S32] == both
          && r[at + Reg.U32] == both;
    }
    long s32 = r[at + Reg.S32];
    long u32 = r[at + Reg.U32];
    return (int) mask != 0
        && Long.compareUnsigned(umin, r[at + Reg.UMAX]) <= 0
        && smin <= r[at + Reg.SMAX]
        && (u32 & Scalar.U32_MAX) <= u32 >>> 32
        && (int) s32 <= (int) (s32 >> 32);
  }

  private boolean check(Scalar s, String where) {
    String fault = ScalarBounds.violation(s);
    if (fault == null) {
      return true;
    }
    report(s, where, fault);
    if (invariantsMatter) {
      throw new Rejection(Errno.EFAULT);
    }
    return false;
  }

  private void report(Scalar s, String where, String fault) {
    log.add("verifier bug: REG INVARIANTS VIOLATION (").add(where).add("): ").add(fault);
    log.add(" u64=[").hex(s.umin).add(", ").hex(s.umax);
    log.add("] s64=[").hex(s.smin).add(", ").hex(s.smax);
    log.add("] u32=[").hex(s.umin32).add(", ").hex(s.umax32);
    log.add("] s32=[").hex(s.smin32 & Scalar.U32_MAX).add(", ").hex(s.smax32 & Scalar.U32_MAX);
    log.add("] var_off=(").hex(s.value).add(", ").hex(s.mask).add(")\n");
  }
}

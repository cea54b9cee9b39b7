package dev.skep.verify;

/**
 * What a comparison of two scalars decides, and what its outcome teaches (is_scalar_branch_taken,
 * regs_refine_cond_op), as of Linux 6.18.
 */
final class ScalarBranch {
  static final int JEQ = 0x10;
  static final int JGT = 0x20;
  static final int JGE = 0x30;
  static final int JSET = 0x40;
  static final int JNE = 0x50;
  static final int JSGT = 0x60;
  static final int JSGE = 0x70;
  static final int JLT = 0xa0;
  static final int JLE = 0xb0;
  static final int JSLT = 0xc0;
  static final int JSLE = 0xd0;

  /** The negation of {@link #JSET}, which is no instruction. */
  static final int JCLEAR = 0x48;

  private static final long LOW = 0xffffffffL;

  private ScalarBranch() {}

  /** The operation with its operands exchanged. */
  static int flip(int op) {
    return switch (op) {
      case JGT -> JLT;
      case JGE -> JLE;
      case JLT -> JGT;
      case JLE -> JGE;
      case JSGT -> JSLT;
      case JSGE -> JSLE;
      case JSLT -> JSGT;
      case JSLE -> JSGE;
      default -> op;
    };
  }

  /** The operation that holds where the given one does not. */
  static int negate(int op) {
    return switch (op) {
      case JEQ -> JNE;
      case JNE -> JEQ;
      case JSET -> JCLEAR;
      case JCLEAR -> JSET;
      case JGT -> JLE;
      case JGE -> JLT;
      case JLT -> JGE;
      case JLE -> JGT;
      case JSGT -> JSLE;
      case JSGE -> JSLT;
      case JSLT -> JSGE;
      case JSLE -> JSGT;
      default -> throw new IllegalArgumentException("jump operation " + op);
    };
  }

  /** 1 if {@code a op b} holds for all values, 0 if for none, -1 if it depends. */
  static int taken(Scalar a, Scalar b, int op, boolean jmp32) {
    return switch (op) {
      case JEQ -> equal(a, b, jmp32);
      case JNE -> {
        int equal = equal(a, b, jmp32);
        yield equal < 0 ? -1 : 1 - equal;
      }
      case JSET -> anyBit(a, b, jmp32);
      case JGT -> unsignedGreater(a, b, jmp32);
      case JLT -> unsignedGreater(b, a, jmp32);
      case JLE -> not(unsignedGreater(a, b, jmp32));
      case JGE -> not(unsignedGreater(b, a, jmp32));
      case JSGT -> signedGreater(a, b, jmp32);
      case JSLT -> signedGreater(b, a, jmp32);
      case JSLE -> not(signedGreater(a, b, jmp32));
      case JSGE -> not(signedGreater(b, a, jmp32));
      default -> -1;
    };
  }

  private static int not(int taken) {
    return taken < 0 ? -1 : 1 - taken;
  }

  private static int equal(Scalar a, Scalar b, boolean jmp32) {
    long bits = jmp32 ? LOW : -1;
    if ((a.mask & bits) == 0 && (b.mask & bits) == 0) {
      return ((a.value ^ b.value) & bits) == 0 ? 1 : 0;
    }
    if (!Tnum.overlap(a.value & bits, a.mask & bits, b.value & bits, b.mask & bits)) {
      return 0;
    }
    if (a.umin32 > b.umax32 || a.umax32 < b.umin32 || a.smin32 > b.smax32 || a.smax32 < b.smin32) {
      return 0;
    }
    if (!jmp32
        && (Long.compareUnsigned(a.umin, b.umax) > 0
            || Long.compareUnsigned(a.umax, b.umin) < 0
            || a.smin > b.smax
            || a.smax < b.smin)) {
      return 0;
    }
    return -1;
  }

  private static int anyBit(Scalar a, Scalar b, boolean jmp32) {
    boolean right = b.isConst(jmp32);
    if (!right && !a.isConst(jmp32)) {
      return -1;
    }
    Scalar x = right ? a : b;
    long bits = (right ? b : a).constant(jmp32);
    if ((~x.mask & x.value & bits) != 0) {
      return 1;
    }
    return ((x.mask | x.value) & bits) == 0 ? 0 : -1;
  }

  private static int unsignedGreater(Scalar a, Scalar b, boolean jmp32) {
    if (jmp32) {
      return a.umin32 > b.umax32 ? 1 : a.umax32 <= b.umin32 ? 0 : -1;
    }
    if (Long.compareUnsigned(a.umin, b.umax) > 0) {
      return 1;
    }
    return Long.compareUnsigned(a.umax, b.umin) <= 0 ? 0 : -1;
  }

  private static int signedGreater(Scalar a, Scalar b, boolean jmp32) {
    if (jmp32) {
      return a.smin32 > b.smax32 ? 1 : a.smax32 <= b.smin32 ? 0 : -1;
    }
    return a.smin > b.smax ? 1 : a.smax <= b.smin ? 0 : -1;
  }

  /** Narrows both operands to where {@code a op b} holds, then syncs both. */
  static void refine(Scalar a, Scalar b, int op, boolean jmp32) {
    switch (op) {
      case JEQ -> refineEqual(a, b, jmp32);
      case JNE, JSET, JCLEAR -> {
        if (b.isConst(jmp32)) {
          refineByConstant(a, b.constant(jmp32), op, jmp32);
        } else if (a.isConst(jmp32)) {
          refineByConstant(b, a.constant(jmp32), op, jmp32);
        }
      }
      case JLE -> unsignedLess(a, b, 0, jmp32);
      case JLT -> unsignedLess(a, b, 1, jmp32);
      case JGE -> unsignedLess(b, a, 0, jmp32);
      case JGT -> unsignedLess(b, a, 1, jmp32);
      case JSLE -> signedLess(a, b, 0, jmp32);
      case JSLT -> signedLess(a, b, 1, jmp32);
      case JSGE -> signedLess(b, a, 0, jmp32);
      case JSGT -> signedLess(b, a, 1, jmp32);
      default -> throw new IllegalArgumentException("jump operation " + op);
    }
    ScalarBounds.sync(a);
    ScalarBounds.sync(b);
  }

  private static void refineEqual(Scalar a, Scalar b, boolean jmp32) {
    if (jmp32) {
      a.umin32 = b.umin32 = Math.max(a.umin32, b.umin32);
      a.umax32 = b.umax32 = Math.min(a.umax32, b.umax32);
      a.smin32 = b.smin32 = Math.max(a.smin32, b.smin32);
      a.smax32 = b.smax32 = Math.min(a.smax32, b.smax32);
      long mask = a.mask & b.mask & LOW;
      long value = (a.value | b.value) & ~mask & LOW;
      Tnum.withLower(a, value, mask);
      Tnum.withLower(b, value, mask);
    } else {
      a.umin = b.umin = ScalarBounds.umax(a.umin, b.umin);
      a.umax = b.umax = ScalarBounds.umin(a.umax, b.umax);
      a.smin = b.smin = Math.max(a.smin, b.smin);
      a.smax = b.smax = Math.min(a.smax, b.smax);
      Tnum.intersect(a, b.value, b.mask);
      Tnum.set(b, a.value, a.mask);
    }
  }

  private static void refineByConstant(Scalar x, long constant, int op, boolean jmp32) {
    switch (op) {
      case JNE -> {
        if (jmp32) {
          trim32(x, constant);
        } else {
          trim64(x, constant);
        }
      }
      case JSET -> {
        // That some bit of several is set says nothing of any one of them.
        if (Long.bitCount(constant) == 1) {
          x.value |= constant;
          x.mask &= ~constant;
        }
      }
      default -> {
        // Ranges go first, so that a branch that cannot be reached does not contradict itself.
        x.unbound();
        long keep = jmp32 ? ~constant | ~LOW : ~constant;
        x.value &= keep;
        x.mask &= keep;
      }
    }
  }

  private static void trim32(Scalar x, long constant) {
    if (x.umin32 == constant) {
      x.umin32 = x.umin32 + 1 & LOW;
    }
    if (x.umax32 == constant) {
      x.umax32 = x.umax32 - 1 & LOW;
    }
    if (x.smin32 == (int) constant) {
      x.smin32++;
    }
    if (x.smax32 == (int) constant) {
      x.smax32--;
    }
  }

  private static void trim64(Scalar x, long constant) {
    if (x.umin == constant) {
      x.umin++;
    }
    if (x.umax == constant) {
      x.umax--;
    }
    if (x.smin == constant) {
      x.smin++;
    }
    if (x.smax == constant) {
      x.smax--;
    }
  }

  /** {@code a + strict <= b}, unsigned. */
  private static void unsignedLess(Scalar a, Scalar b, int strict, boolean jmp32) {
    if (jmp32) {
      a.umax32 = Math.min(a.umax32, b.umax32 - strict & LOW);
      b.umin32 = Math.max(a.umin32 + strict & LOW, b.umin32);
    } else {
      a.umax = ScalarBounds.umin(a.umax, b.umax - strict);
      b.umin = ScalarBounds.umax(a.umin + strict, b.umin);
    }
  }

  /** {@code a + strict <= b}, signed. */
  private static void signedLess(Scalar a, Scalar b, int strict, boolean jmp32) {
    if (jmp32) {
      a.smax32 = Math.min(a.smax32, b.smax32 - strict);
      b.smin32 = Math.max(a.smin32 + strict, b.smin32);
    } else {
      a.smax = Math.min(a.smax, b.smax - strict);
      b.smin = Math.max(a.smin + strict, b.smin);
    }
  }
}

package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;
import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;

/** Pointer plus or minus scalar (adjust_ptr_min_max_vals). */
final class PointerAlu {
  static final String[] OPERATORS = {
    "+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "endian"
  };

  private final Env env;

  /** The pointer's variable offset before the operation. */
  private final Scalar ptr = new Scalar();

  /** What is added or subtracted. */
  private final Scalar by = new Scalar();

  private final Scalar sum = new Scalar();

  private final PointerGuard guard;

  PointerAlu(Env env, PointerGuard guard) {
    this.env = env;
    this.guard = guard;
  }

  void addConstant(long word, long constant) {
    by.setConst(constant);
    apply(word, Frame.reg(InsnWord.dst(word)), 0, false);
  }

  /**
   * @param ptrAt where the pointer is: the destination, or the source of {@code scalar += pointer}
   * @param byAt where the scalar is
   */
  void addRegister(long word, int ptrAt, int byAt) {
    by.load(env.regs(), byAt);
    apply(word, ptrAt, Reg.off(env.regs(), byAt), byAt == Frame.reg(InsnWord.dst(word)));
  }

  private void apply(long word, int ptrAt, int byOff, boolean reversed) {
    long[] r = env.regs();
    int dst = InsnWord.dst(word);
    int at = Frame.reg(dst);
    int op = op(InsnWord.code(word));
    boolean known = by.isConst();
    if (known && (by.smin != by.smax || by.umin != by.umax)
        || by.smin > by.smax
        || Long.compareUnsigned(by.umin, by.umax) > 0) {
      Reg.markUnknown(r, at, false);
      return;
    }
    if (classOf(InsnWord.code(word)) != ALU64) {
      if (op != SUB || env.guarded) {
        throw env.reject(Errno.EACCES, "R" + dst + " 32-bit pointer arithmetic prohibited");
      }
      Reg.markUnknown(r, at, false);
      return;
    }
    int type = Reg.type(r, ptrAt);
    checkAllowed(dst, type, op, known);
    if (RegType.base(type) == RegType.MEM && (type & PTR_UNTRUSTED) != 0) {
      return;
    }
    ptr.load(r, ptrAt);
    int ptrOff = Reg.off(r, ptrAt);
    long handles = r[ptrAt + Reg.HANDLES];
    Reg.setType(r, at, type);
    Reg.setId(r, at, Reg.id(r, ptrAt));
    checkSane(by, byOff, type);
    checkSane(ptr, ptrOff, type);
    if (env.guarded) {
      Reg.unbound32(r, at);
      guard.before(word, ptrAt, by, reversed);
      r = env.regs();
    }
    switch (op) {
      case ADD -> add(r, at, type, ptrOff, handles, known);
      case SUB -> {
        checkSubtraction(dst, type, reversed);
        subtract(r, at, type, ptrOff, handles, known);
      }
      case AND, OR, XOR ->
          throw env.reject(
              Errno.EACCES,
              "R" + dst + " bitwise operator " + OPERATORS[op >> 4] + " on pointer prohibited");
      default ->
          throw env.reject(
              Errno.EACCES,
              "R"
                  + dst
                  + " pointer arithmetic with "
                  + OPERATORS[op >> 4]
                  + " operator prohibited");
    }
    sum.unbound32();
    checkSane(sum, Reg.off(r, at), type);
    ScalarBounds.sync(sum);
    sum.store(r, at);
    guard.behind(word, dst);
  }

  private void checkAllowed(int dst, int type, int op, boolean known) {
    if ((type & MAYBE_NULL) != 0) {
      throw env.reject(
          Errno.EACCES,
          "R"
              + dst
              + " pointer arithmetic on "
              + RegTypeText.of(type)
              + " prohibited, null-check it first");
    }
    boolean allowed =
        switch (RegType.base(type)) {
          case CTX,
              MAP_VALUE,
              MAP_KEY,
              STACK,
              PACKET_META,
              PACKET,
              TP_BUFFER,
              BTF_ID,
              RegType.MEM,
              BUF,
              FUNC,
              DYNPTR ->
              true;
          case FLOW_KEYS -> known;
          case CONST_PTR_TO_MAP -> known && by.smin == 0 && op == ADD;
          default -> false;
        };
    if (!allowed) {
      throw env.reject(
          Errno.EACCES,
          "R" + dst + " pointer arithmetic on " + RegTypeText.of(type) + " prohibited");
    }
  }

  private void checkSubtraction(int dst, int type, boolean reversed) {
    if (reversed) {
      throw env.reject(Errno.EACCES, "R" + dst + " tried to subtract pointer from scalar");
    }
    if (type == STACK) {
      throw env.reject(Errno.EACCES, "R" + dst + " subtraction from stack pointer prohibited");
    }
  }

  /** Offsets stay small enough that no sum of them overflows (check_reg_sane_offset). */
  private void checkSane(Scalar s, int off, int type) {
    long limit = Env.MAX_VARIABLE;
    if (s.isConst() && (s.value >= limit || s.value <= -limit)) {
      throw env.reject(
          Errno.EINVAL,
          "math between " + RegTypeText.of(type) + " pointer and " + s.value + " is not allowed");
    }
    if (off >= limit || off <= -limit) {
      throw env.reject(
          Errno.EINVAL, RegTypeText.of(type) + " pointer offset " + off + " is not allowed");
    }
    if (s.smin == Long.MIN_VALUE) {
      throw env.reject(
          Errno.EINVAL,
          "math between "
              + RegTypeText.of(type)
              + " pointer and register with unbounded min value is not allowed");
    }
    if (s.smin >= limit || s.smin <= -limit) {
      throw env.reject(
          Errno.EINVAL,
          "value " + s.smin + " makes " + RegTypeText.of(type) + " pointer be out of bounds");
    }
  }

  private void add(long[] r, int at, int type, int off, long handles, boolean known) {
    r[at + Reg.HANDLES] = handles;
    sum.copy(ptr);
    if (known && off + by.smin == (int) (off + by.smin)) {
      Reg.setOff(r, at, (int) (off + by.smin));
      return;
    }
    sum.smin = ptr.smin + by.smin;
    sum.smax = ptr.smax + by.smax;
    if (addOverflows(ptr.smin, by.smin) || addOverflows(ptr.smax, by.smax)) {
      sum.smin = Long.MIN_VALUE;
      sum.smax = Long.MAX_VALUE;
    }
    sum.umin = ptr.umin + by.umin;
    sum.umax = ptr.umax + by.umax;
    if (Long.compareUnsigned(sum.umin, ptr.umin) < 0
        || Long.compareUnsigned(sum.umax, ptr.umax) < 0) {
      sum.umin = 0;
      sum.umax = -1;
    }
    Tnum.add(sum, by.value, by.mask);
    Reg.setOff(r, at, off);
    if (isPacket(type)) {
      Reg.setId(r, at, env.nextId());
      r[at + Reg.HANDLES] = 0;
    }
  }

  private void subtract(long[] r, int at, int type, int off, long handles, boolean known) {
    r[at + Reg.HANDLES] = handles;
    sum.copy(ptr);
    if (known && off - by.smin == (int) (off - by.smin)) {
      Reg.setOff(r, at, (int) (off - by.smin));
      return;
    }
    sum.smin = ptr.smin - by.smax;
    sum.smax = ptr.smax - by.smin;
    if (subOverflows(ptr.smin, by.smax) || subOverflows(ptr.smax, by.smin)) {
      sum.smin = Long.MIN_VALUE;
      sum.smax = Long.MAX_VALUE;
    }
    if (Long.compareUnsigned(ptr.umin, by.umax) < 0) {
      sum.umin = 0;
      sum.umax = -1;
    } else {
      sum.umin = ptr.umin - by.umax;
      sum.umax = ptr.umax - by.umin;
    }
    Tnum.sub(sum, by.value, by.mask);
    Reg.setOff(r, at, off);
    if (isPacket(type)) {
      Reg.setId(r, at, env.nextId());
      // Nothing nearer to the end of the packet was reached unless the offset may have grown.
      if (by.smin < 0) {
        r[at + Reg.HANDLES] = 0;
      }
    }
  }

  private static boolean isPacket(int type) {
    return RegType.base(type) == PACKET || RegType.base(type) == PACKET_META;
  }

  private static boolean addOverflows(long a, long b) {
    long c = a + b;
    return ((a ^ c) & (b ^ c)) < 0;
  }

  private static boolean subOverflows(long a, long b) {
    long c = a - b;
    return ((a ^ b) & (a ^ c)) < 0;
  }
}

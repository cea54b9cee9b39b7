package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;
import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.MapSpec;
import dev.skep.program.SpecialFields;

/** Conditional jumps (check_cond_jmp_op). */
final class Branches {
  private final Env env;
  private final Operands operands;
  private final PacketRanges packets;

  private final PointerGuard guard;

  Branches(Env env, Operands operands, PointerGuard guard) {
    this.guard = guard;
    this.env = env;
    this.operands = operands;
    packets = new PacketRanges(env);
  }

  void check(long word) {
    int code = InsnWord.code(word);
    int op = op(code);
    if (op > JCOND) {
      throw env.reject(Errno.EINVAL, "invalid BPF_JMP/JMP32 opcode " + Integer.toHexString(op));
    }
    if (op == JCOND) {
      mayGoto(word);
      return;
    }
    int dst = InsnWord.dst(word);
    int src = InsnWord.src(word);
    boolean register = isX(code);
    operands.source(dst);
    if (register ? InsnWord.imm(word) != 0 : src != 0) {
      throw env.reject(Errno.EINVAL, "BPF_JMP/JMP32 uses reserved fields");
    }
    if (register) {
      operands.source(src);
      checkCompared(dst, src);
    }
    noteStackOperands(dst, src, register);
    boolean narrow = classOf(code) == JMP32;
    int taken = taken(word, op, narrow);
    if (taken >= 0) {
      follow(word, register, taken == 1);
    } else {
      split(word, op, narrow);
    }
  }

  private void checkCompared(int dst, int src) {
    long[] r = env.regs();
    boolean packets =
        anyPacket(Reg.type(r, Frame.reg(dst))) && anyPacket(Reg.type(r, Frame.reg(src)));
    if (!packets && env.leaks(src)) {
      throw prohibited(src);
    }
  }

  private Rejection prohibited(int regno) {
    return env.reject(Errno.EACCES, "R" + regno + " pointer comparison prohibited");
  }

  private void noteStackOperands(int dst, int src, boolean register) {
    long[] r = env.regs();
    int flags = 0;
    if (register && Reg.type(r, Frame.reg(src)) == STACK) {
      flags |= JumpHistory.SRC_STACK;
    }
    if (Reg.type(r, Frame.reg(dst)) == STACK) {
      flags |= JumpHistory.DST_STACK;
    }
    if (flags != 0) {
      env.pushHistory(flags, 0);
    }
  }

  /** may_goto: leaves the loop now, and goes on with it later. */
  private void mayGoto(long word) {
    if (InsnWord.code(word) != MAY_GOTO_CODE
        || InsnWord.src(word) != MAY_GOTO
        || InsnWord.dst(word) != 0
        || InsnWord.imm(word) != 0) {
      throw env.reject(Errno.EINVAL, "invalid may_goto imm " + InsnWord.imm(word));
    }
    State parent = env.cur.parent;
    if (parent == null) {
      throw env.bug("no checkpoint at may_goto");
    }
    State previous = env.explored.previousEntry(parent, env.insn);
    State queued = env.paths.push(env.insn + 1, env.insn, Errno.ENOMEM);
    queued.mayGotoDepth++;
    if (previous != null) {
      env.states.widen(previous, queued);
    }
    env.insn += InsnWord.off(word);
  }

  // Decided branches --------------------------------------------------------------------------

  private void follow(long word, boolean register, boolean jump) {
    long[] r = env.regs();
    int dst = InsnWord.dst(word);
    int src = InsnWord.src(word);
    if (Reg.type(r, Frame.reg(dst)) == SCALAR) {
      env.backtrack.register(dst);
    }
    if (register && Reg.type(r, Frame.reg(src)) == SCALAR) {
      env.backtrack.register(src);
    }
    guard.branch(word, env.insn + 1 + (jump ? 0 : InsnWord.off(word)));
    if (env.level1) {
      env.trace.state(env.cur, env.insn);
    }
    if (jump) {
      env.insn += InsnWord.off(word);
    }
  }

  /** is_branch_taken: 1, 0, or -1 for both. */
  private int taken(long word, int op, boolean narrow) {
    long[] r = env.regs();
    int at = Frame.reg(InsnWord.dst(word));
    boolean register = isX(InsnWord.code(word));
    int from = Frame.reg(InsnWord.src(word));
    int imm = InsnWord.imm(word);
    int type = Reg.type(r, at);
    int other = register ? Reg.type(r, from) : SCALAR;
    if (type == SCALAR && other == SCALAR) {
      return register
          ? env.scalars.taken(r, at, from, op, narrow)
          : env.scalars.taken(r, at, (long) imm, op, narrow);
    }
    if (register && anyPacket(type) && anyPacket(other) && !narrow) {
      return packets.taken(r, at, from, op);
    }
    if (!register) {
      return pointerTaken(r, at, imm == 0, op);
    }
    if (isConstant(r, from, narrow)) {
      return pointerTaken(r, at, constant(r, from, narrow) == 0, op);
    }
    if (isConstant(r, at, narrow)) {
      return pointerTaken(r, from, constant(r, at, narrow) == 0, ScalarBranch.flip(op));
    }
    return -1;
  }

  private static boolean isConstant(long[] r, int at, boolean narrow) {
    return Reg.type(r, at) == SCALAR && (narrow ? Reg.isConst32(r, at) : Reg.isConst(r, at));
  }

  private static long constant(long[] r, int at, boolean narrow) {
    return narrow ? Reg.value(r, at) & 0xffffffffL : Reg.value(r, at);
  }

  static boolean anyPacket(int type) {
    return type == PACKET || type == PACKET_META || type == PACKET_END;
  }

  private static int pointerTaken(long[] r, int at, boolean againstZero, int op) {
    if (!againstZero || !notNull(r, at)) {
      return -1;
    }
    return op == JEQ ? 0 : op == JNE ? 1 : -1;
  }

  /** Pointers that are known to be no null pointers (reg_not_null). */
  private static boolean notNull(long[] r, int at) {
    int type = Reg.type(r, at);
    if ((type & MAYBE_NULL) != 0) {
      return false;
    }
    return switch (RegType.base(type)) {
      case SOCKET, TCP_SOCK, MAP_VALUE, MAP_KEY, SOCK_COMMON, CONST_PTR_TO_MAP -> true;
      case BTF_ID -> BtfAccess.isTrusted(r, at);
      case RegType.MEM -> (type & PTR_UNTRUSTED) == 0;
      default -> false;
    };
  }

  // Both branches -----------------------------------------------------------------------------

  private void split(long word, int op, boolean narrow) {
    State here = env.cur;
    long[] r = here.regs();
    int at = Frame.reg(InsnWord.dst(word));
    int from = Frame.reg(InsnWord.src(word));
    boolean register = isX(InsnWord.code(word));
    boolean linkSrc = register && Reg.type(r, from) == SCALAR && Reg.id(r, from) != 0;
    boolean linkDst = Reg.type(r, at) == SCALAR && Reg.id(r, at) != 0;
    long group = 0;
    if (linkSrc) {
      group = LinkedRegs.collect(env, here, Reg.id(r, from), group);
    }
    if (linkDst) {
      group = LinkedRegs.collect(env, here, Reg.id(r, at), group);
    }
    if (LinkedRegs.count(group) > 1) {
      env.pushHistory(0, group);
    }
    State there = env.paths.push(env.insn + InsnWord.off(word) + 1, env.insn, Errno.EFAULT);
    long[] o = there.regs();
    boolean scalars = Reg.type(r, at) == SCALAR && (!register || Reg.type(r, from) == SCALAR);
    if (scalars && register) {
      env.scalars.refine(o, r, at, from, op, narrow);
    } else if (scalars) {
      env.scalars.refine(o, r, at, (long) InsnWord.imm(word), op, narrow);
    }
    if (register && Reg.type(r, from) == SCALAR && Reg.id(r, from) != 0) {
      LinkedRegs.sync(env, here, r, from, group);
      LinkedRegs.sync(env, there, o, from, group);
    }
    if (Reg.type(r, at) == SCALAR && Reg.id(r, at) != 0) {
      LinkedRegs.sync(env, here, r, at, group);
      LinkedRegs.sync(env, there, o, at, group);
    }
    if (register && !narrow) {
      liftNull(r, o, at, from, op);
    }
    learnPointers(word, op, narrow, here, there);
    if (env.level1) {
      env.trace.state(here, env.insn);
    }
  }

  /** A pointer that equals one that is not null is not null. */
  private void liftNull(long[] r, long[] o, int at, int from, int op) {
    int dst = Reg.type(r, at);
    int src = Reg.type(r, from);
    if (dst == SCALAR
        || src == SCALAR
        || (dst & MAYBE_NULL) == (src & MAYBE_NULL)
        || RegType.base(dst) == BTF_ID
        || RegType.base(src) == BTF_ID) {
      return;
    }
    long[] equal = op == JEQ ? o : op == JNE ? r : null;
    if (equal != null) {
      int where = (src & MAYBE_NULL) != 0 ? from : at;
      markNotNull(equal, where);
    }
  }

  private void learnPointers(long word, int op, boolean narrow, State here, State there) {
    int dst = InsnWord.dst(word);
    boolean register = isX(InsnWord.code(word));
    boolean nullTest =
        !narrow
            && !register
            && InsnWord.imm(word) == 0
            && (op == JEQ || op == JNE)
            && (Reg.type(here.regs(), Frame.reg(dst)) & MAYBE_NULL) != 0;
    if (nullTest) {
      learnNull(here, dst, op == JNE);
      learnNull(there, dst, op == JEQ);
    } else if (!(register && !narrow && packets.learn(word, op, here, there)) && env.leaks(dst)) {
      throw prohibited(dst);
    }
  }

  // Null tests --------------------------------------------------------------------------------

  /** All copies of a pointer were compared with null (mark_ptr_or_null_regs). */
  private void learnNull(State state, int regno, boolean isNull) {
    long[] r = state.regs();
    int at = Frame.reg(regno);
    int id = Reg.id(r, at);
    int ref = Reg.refObjId(r, at);
    if (ref != 0 && ref == id && isNull) {
      state.release(id);
    }
    for (int f = 0; f <= state.curframe; f++) {
      Frame frame = state.view(f);
      for (int i = 0; i < Reg.COUNT; i++) {
        if (mayBeNull(frame.regs, Frame.reg(i), id)) {
          frame = state.frame(f);
          settleNull(frame.regs, Frame.reg(i), isNull);
        }
      }
      for (long left = frame.spills(); left != 0; left &= left - 1) {
        int i = Long.numberOfTrailingZeros(left);
        if (mayBeNull(frame.spilledView(i), Frame.spill(i), id)) {
          frame = state.frame(f);
          settleNull(frame.spilled(i), Frame.spill(i), isNull);
        }
      }
    }
  }

  private static boolean mayBeNull(long[] r, int at, int id) {
    return (Reg.type(r, at) & MAYBE_NULL) != 0 && Reg.id(r, at) == id;
  }

  private void settleNull(long[] r, int at, boolean isNull) {
    int type = Reg.type(r, at);
    if (isNull) {
      if (RegType.base(type) == MAP_VALUE) {
        Reg.setHandle(r, at, Reg.handle(r, at) | Reg.FORMER_MAP);
      }
      Reg.setType(r, at, SCALAR);
      Reg.clearIds(r, at);
      return;
    }
    markNotNull(r, at);
    // A lock is told from others by the id of what it is in.
    if (!env.mayHoldLock(r, at)) {
      Reg.setId(r, at, 0);
    }
  }

  /** mark_ptr_not_null_reg. */
  void markNotNull(long[] r, int at) {
    int type = Reg.type(r, at);
    if (RegType.base(type) != MAP_VALUE) {
      Reg.setType(r, at, type & ~MAYBE_NULL);
      return;
    }
    MapSpec map = env.map(r, at);
    switch (map.type()) {
      case ARRAY_OF_MAPS, HASH_OF_MAPS -> {
        Reg.setType(r, at, CONST_PTR_TO_MAP);
        int inner = Reg.handle(r, at) | Reg.INNER_MAP;
        boolean timed = env.fieldsOf(inner).first(SpecialFields.TIMER) != null;
        Reg.setHandles(r, at, inner, timed ? Reg.id(r, at) : Reg.handle2(r, at));
      }
      case XSKMAP -> socketOfMap(r, at, XDP_SOCK);
      case SOCKMAP, SOCKHASH -> socketOfMap(r, at, SOCKET);
      default -> Reg.setType(r, at, MAP_VALUE);
    }
  }

  private static void socketOfMap(long[] r, int at, int type) {
    Reg.setType(r, at, type);
    Reg.setHandle(r, at, Reg.handle(r, at) | Reg.FORMER_MAP);
  }
}

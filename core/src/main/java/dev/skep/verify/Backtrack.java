package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.Helpers;
import java.util.Arrays;

/**
 * Precision by demand (__mark_chain_precision): when the exact value of a scalar matters, walks the
 * instructions backwards and marks what it was computed from as precise in every checkpoint on the
 * way.
 */
final class Backtrack {
  /** r1..r5. */
  private static final int ARGS = 0x3e;

  private static final int FALL_BACK = 1;

  private final Env env;
  private final int[] regs = new int[State.MAX_FRAMES];
  private final long[] slots = new long[State.MAX_FRAMES];
  private int frame;

  /** Whether the last walk marked anything that was not precise before. */
  boolean changed;

  Backtrack(Env env) {
    this.env = env;
  }

  /** The value of a scalar register of the current frame matters from here back. */
  void register(int regno) {
    State state = env.cur;
    if (Reg.type(state.regs(), Frame.reg(regno)) != RegType.SCALAR) {
      throw fault("backtracking misuse");
    }
    regs[state.curframe] |= 1 << regno;
    walk(state);
  }

  /** The value of a spilled scalar matters. */
  void slot(int ofFrame, int spi) {
    slots[ofFrame] |= 1L << spi;
    walk(env.cur);
  }

  /** Gives a path the precision that the finished state it equals needed (propagate_precision). */
  void propagate(State old, State path) {
    for (int f = old.curframe; f >= 0; f--) {
      Frame from = old.view(f);
      boolean first = true;
      for (int i = 0; i < Reg.COUNT - 1; i++) {
        if (preciseScalar(from.regs, Frame.reg(i))) {
          regs[f] |= 1 << i;
          first = logPropagated(f, first, "r", i);
        }
      }
      for (long left = from.spills(); left != 0; left &= left - 1) {
        int i = Long.numberOfTrailingZeros(left);
        if (preciseScalar(from.spilledView(i), Frame.spill(i))) {
          slots[f] |= 1L << i;
          first = logPropagated(f, first, "fp", (-i - 1) * 8);
        }
      }
      if (!first) {
        env.verbose("\n");
      }
    }
    walk(path);
  }

  private boolean logPropagated(int f, boolean first, String what, int number) {
    if (env.level2) {
      env.verbose((first ? "frame " + f + ": propagating " : ",") + what + number);
    }
    return false;
  }

  private static boolean preciseScalar(long[] r, int at) {
    return Reg.type(r, at) == RegType.SCALAR && Reg.precise(r, at);
  }

  // The walk ----------------------------------------------------------------------------------

  private void walk(State starting) {
    changed = false;
    frame = starting.curframe;
    if (empty()) {
      return;
    }
    State state = starting;
    int first = state.firstInsn;
    int last = starting.insnIdx;
    int subsequent = -1;
    boolean skip = true;
    while (true) {
      if (env.level2) {
        env.verbose(
            "mark_precise: frame"
                + frame
                + ": last_idx "
                + last
                + " first_idx "
                + first
                + " subseq_idx "
                + subsequent
                + " \n");
      }
      if (last < 0) {
        reachedEntry(state);
        return;
      }
      int result = walkState(state, last, subsequent, skip);
      skip = false;
      if (result == FALL_BACK) {
        forceAll(starting);
        reset();
        return;
      }
      if (empty()) {
        return;
      }
      State parent = state.parent;
      if (parent == null) {
        break;
      }
      state = parent;
      markIn(state);
      if (empty()) {
        return;
      }
      subsequent = first;
      last = state.lastInsn;
      first = state.firstInsn;
    }
    forceAll(starting);
    reset();
  }

  /** Walks the instructions of one state, down to its first. */
  private int walkState(State state, int last, int subsequentOfLast, boolean skipFirst) {
    int subsequent = subsequentOfLast;
    int history = state.historyCount;
    boolean skip = skipFirst;
    for (int i = last; ; ) {
      if (!skip) {
        int entry = JumpHistory.find(state, history, i);
        if (step(state, i, subsequent, entry) == FALL_BACK) {
          return FALL_BACK;
        }
      }
      skip = false;
      if (empty()) {
        return 0;
      }
      subsequent = i;
      i = env.history.previous(state, i, history);
      history = env.history.remaining;
      if (i == JumpHistory.NONE) {
        return 0;
      }
      if (i < 0 || i >= env.insnCount) {
        throw fault("backtracking idx " + i);
      }
    }
  }

  /** Global functions get r1..r5 from their callers; nothing else may be left at an entry. */
  private void reachedEntry(State state) {
    Frame main = state.frame(0);
    if (state.curframe != 0
        || main.subprogno == 0
        || main.callsite != -1
        || slots[frame] != 0
        || (regs[frame] & ~ARGS) != 0) {
      throw fault(
          "backtracking func entry subprog "
              + main.subprogno
              + " reg_mask "
              + Integer.toHexString(regs[frame])
              + " stack_mask "
              + Long.toHexString(slots[frame]));
    }
    for (int i = 1; i <= 5; i++) {
      if ((regs[frame] >>> i & 1) != 0) {
        regs[frame] &= ~(1 << i);
        if (Reg.type(main.regs, Frame.reg(i)) == RegType.SCALAR) {
          Reg.setPrecise(main.regs, Frame.reg(i), true);
          changed = true;
        }
      }
    }
  }

  private void markIn(State state) {
    for (int f = frame; f >= 0; f--) {
      Frame func = state.view(f);
      for (int left = regs[f]; left != 0; left &= left - 1) {
        int i = Integer.numberOfTrailingZeros(left);
        if (markable(func.regs, Frame.reg(i))) {
          func = state.frame(f);
          mark(func.regs, Frame.reg(i));
        } else {
          regs[f] &= ~(1 << i);
        }
      }
      for (long left = slots[f]; left != 0; left &= left - 1) {
        int spi = Long.numberOfTrailingZeros(left);
        if (spi >= func.slots()) {
          throw fault(
              "stack slot "
                  + spi
                  + ", total slots "
                  + func.slots()
                  + " (i >= func->allocated_stack / BPF_REG_SIZE)");
        }
        int at = Frame.spill(spi);
        if (StackSlot.isSpilled(func.types(spi)) && markable(func.spilledView(spi), at)) {
          func = state.frame(f);
          mark(func.spilled(spi), at);
        } else {
          slots[f] &= ~(1L << spi);
        }
      }
      if (env.level2) {
        StringBuilder text = new StringBuilder("mark_precise: frame");
        text.append(f).append(": parent state regs=");
        registers(text, regs[f]);
        text.append(" stack=");
        slots(text, slots[f]);
        env.verbose(text.append(": ").toString());
        env.printState(state, f);
      }
    }
  }

  /** False where nothing is left to be done: not a scalar, or precise already. */
  private static boolean markable(long[] r, int at) {
    return Reg.type(r, at) == RegType.SCALAR && !Reg.precise(r, at);
  }

  private void mark(long[] r, int at) {
    Reg.setPrecise(r, at, true);
    changed = true;
  }

  private boolean empty() {
    long any = regs[0] | slots[0];
    for (int i = 1; i <= frame; i++) {
      any |= regs[i] | slots[i];
    }
    return any == 0;
  }

  private void reset() {
    Arrays.fill(regs, 0);
    Arrays.fill(slots, 0);
    frame = 0;
  }

  // One instruction ---------------------------------------------------------------------------

  private int step(State state, int insn, int subsequent, int entry) {
    long word = env.insns[insn];
    int code = InsnWord.code(word);
    if (code == 0) {
      return 0;
    }
    if (env.level2) {
      logStep(insn);
    }
    long linked = entry < 0 ? 0 : JumpHistory.linked(state, entry);
    int flags = entry < 0 ? 0 : JumpHistory.flags(state, entry);
    link(linked);
    int result =
        switch (classOf(code)) {
          case ALU, ALU64 -> alu(word);
          case LDX -> load(InsnWord.dst(word), flags);
          case STX -> {
            int loaded = mode(code) == ATOMIC ? loadedByAtomic(word) : NOTHING;
            yield loaded == NOTHING ? store(word, flags) : load(loaded, flags);
          }
          case ST -> store(word, flags);
          case JMP, JMP32 -> jump(insn, word, subsequent, flags);
          default -> loadConstant(word);
        };
    if (result != LINK) {
      return result;
    }
    link(linked);
    return 0;
  }

  private static final int NOTHING = -1;

  /** Result of a step after which linked registers are to be marked again. */
  private static final int LINK = 2;

  private void logStep(int insn) {
    StringBuilder text = new StringBuilder("mark_precise: frame");
    text.append(frame).append(": regs=");
    registers(text, regs[frame]);
    text.append(" stack=");
    slots(text, slots[frame]);
    text.append(" before ").append(insn).append(": ");
    env.disassemble(text, insn);
    env.verbose(text.append('\n').toString());
  }

  private void link(long linked) {
    if (linked == 0) {
      return;
    }
    int count = LinkedRegs.count(linked);
    boolean any = false;
    for (int i = 0; i < count; i++) {
      int f = LinkedRegs.frame(linked, i);
      int number = LinkedRegs.number(linked, i);
      any |=
          LinkedRegs.isReg(linked, i)
              ? (regs[f] >>> number & 1) != 0
              : (slots[f] >>> number & 1) != 0;
    }
    for (int i = 0; any && i < count; i++) {
      int f = LinkedRegs.frame(linked, i);
      int number = LinkedRegs.number(linked, i);
      if (LinkedRegs.isReg(linked, i)) {
        regs[f] |= 1 << number;
      } else {
        slots[f] |= 1L << number;
      }
    }
  }

  private boolean wanted(int regno) {
    return (regs[frame] >>> regno & 1) != 0;
  }

  private void want(int regno) {
    regs[frame] |= 1 << regno;
  }

  private void drop(int regno) {
    regs[frame] &= ~(1 << regno);
  }

  private int alu(long word) {
    int code = InsnWord.code(word);
    int dst = InsnWord.dst(word);
    int src = InsnWord.src(word);
    int op = op(code);
    if (!wanted(dst) || op == END || op == NEG) {
      return 0;
    }
    if (op == MOV) {
      drop(dst);
    }
    if (isX(code) && src != 10) {
      want(src);
    }
    return LINK;
  }

  /** The register that an atomic operation loads from memory, or {@link #NOTHING}. */
  private int loadedByAtomic(long word) {
    int op = InsnWord.imm(word);
    if (op == LOAD_ACQ) {
      return InsnWord.dst(word);
    }
    if (op == STORE_REL || (op & FETCH) == 0 || !env.options.dialect().followsFetchedValues()) {
      return NOTHING;
    }
    return op == CMPXCHG ? 0 : InsnWord.src(word);
  }

  private int load(int dst, int flags) {
    if (!wanted(dst)) {
      return 0;
    }
    drop(dst);
    if ((flags & JumpHistory.STACK_ACCESS) == 0) {
      return 0;
    }
    slots[flags & JumpHistory.FRAME_MASK] |=
        1L << (flags >> JumpHistory.SLOT_SHIFT & JumpHistory.SLOT_MASK);
    return LINK;
  }

  private int store(long word, int flags) {
    if (wanted(InsnWord.dst(word))) {
      return FALL_BACK;
    }
    if ((flags & JumpHistory.STACK_ACCESS) == 0) {
      return 0;
    }
    int f = flags & JumpHistory.FRAME_MASK;
    long slot = 1L << (flags >> JumpHistory.SLOT_SHIFT & JumpHistory.SLOT_MASK);
    if ((slots[f] & slot) == 0) {
      return 0;
    }
    slots[f] &= ~slot;
    if (classOf(InsnWord.code(word)) == STX) {
      want(InsnWord.src(word));
    }
    return LINK;
  }

  private int loadConstant(long word) {
    int dst = InsnWord.dst(word);
    if (!wanted(dst)) {
      return 0;
    }
    drop(dst);
    int mode = mode(InsnWord.code(word));
    return mode == IND || mode == ABS ? FALL_BACK : LINK;
  }

  private int jump(int insn, long word, int subsequent, int flags) {
    int code = InsnWord.code(word);
    int op = op(code);
    if (env.isPseudoCall(word)) {
      return call(insn, word, subsequent);
    }
    if (op == CALL && env.marks.callsCallback[insn] && insn != subsequent - 1) {
      return leaveCallback();
    }
    if (op == CALL) {
      if (InsnWord.src(word) == PSEUDO_KFUNC_CALL && InsnWord.imm(word) == 0) {
        return FALL_BACK; // a call of nothing, which is refused in the end
      }
      drop(0);
      if ((regs[frame] & ARGS) != 0) {
        throw unexpected("backtracking call");
      }
      if (InsnWord.src(word) == 0
          && InsnWord.imm(word) == Helpers.TAIL_CALL
          && subsequent - insn != 1) {
        enterFrame();
      }
      return LINK;
    }
    if (op == EXIT) {
      return enterCallee(subsequent);
    }
    if (isX(code)) {
      int dst = InsnWord.dst(word);
      int src = InsnWord.src(word);
      if (!wanted(dst) && !wanted(src)) {
        return 0;
      }
      if ((flags & JumpHistory.SRC_STACK) == 0) {
        want(src);
      }
      if ((flags & JumpHistory.DST_STACK) == 0) {
        want(dst);
      }
    }
    return LINK;
  }

  /** Backwards over a call: out of a static callee, or past a global one. */
  private int call(int insn, long word, int subsequent) {
    Subprog callee = env.subprogAt(insn + InsnWord.imm(word) + 1);
    if (callee.global) {
      if (insn + 1 != subsequent) {
        throw fault("extra insn from subprog (idx + 1 != subseq_idx)");
      }
      if ((regs[frame] & ARGS) != 0) {
        throw unexpected("global subprog");
      }
      drop(0);
      return 0;
    }
    if ((regs[frame] & ~ARGS) != 0) {
      throw unexpected("static subprog");
    }
    if (slots[frame] != 0) {
      throw fault("static subprog leftover stack slots " + Long.toHexString(slots[frame]));
    }
    if (frame == 0 && regs[0] != 0) {
      throw env.unsupported(Verdict.Unsupported.FAULTS_LINUX);
    }
    int passed = regs[frame];
    leaveFrame();
    regs[frame] |= passed;
    return 0;
  }

  private int leaveCallback() {
    if ((regs[frame] & ~ARGS) != 0) {
      throw unexpected("callback");
    }
    if (slots[frame] != 0) {
      throw fault("callback leftover stack slots " + Long.toHexString(slots[frame]));
    }
    leaveFrame();
    return 0;
  }

  /** bt_subprog_exit; what was wanted of the frame is forgotten. */
  private void leaveFrame() {
    regs[frame] = 0;
    if (frame == 0) {
      throw fault("subprog exit from frame 0");
    }
    frame--;
  }

  /** bt_subprog_enter. */
  private void enterFrame() {
    if (frame == State.MAX_FRAMES - 1) {
      throw fault("subprog enter from frame " + frame);
    }
    frame++;
  }

  private Rejection unexpected(String where) {
    return fault(where + " unexpected regs " + Integer.toHexString(regs[frame]));
  }

  /** Where the kernel too finds that the walk went wrong (verifier_bug). */
  private Rejection fault(String what) {
    return env.reject(Errno.EFAULT, "verifier bug: " + what);
  }

  /** Backwards over an exit: into a callee, or into the callback of the call that follows. */
  private int enterCallee(int subsequent) {
    if (subsequent >= 0 && env.marks.callsCallback[subsequent]) {
      regs[frame] &= ~ARGS;
    }
    if ((regs[frame] & ARGS) != 0) {
      throw unexpected("backtracking exit");
    }
    boolean result =
        subsequent - 1 >= 0 && env.isPseudoCall(env.insns[subsequent - 1]) && wanted(0);
    drop(0);
    enterFrame();
    if (result) {
      want(0);
    }
    return 0;
  }

  // Everything at once ------------------------------------------------------------------------

  /** Gives up: every scalar of every checkpoint above becomes precise. */
  void forceAll(State from) {
    if (env.level2) {
      env.verbose(
          "mark_precise: frame"
              + from.curframe
              + ": falling back to forcing all scalars precise\n");
    }
    for (State state = from.parent; state != null; state = state.parent) {
      for (int f = 0; f <= state.curframe; f++) {
        Frame func = state.view(f);
        for (int i = 0; i < Reg.COUNT - 1; i++) {
          if (markable(func.regs, Frame.reg(i))) {
            func = state.frame(f);
            force(func.regs, Frame.reg(i), f, "r", i);
          }
        }
        for (long left = func.spills(); left != 0; left &= left - 1) {
          int i = Long.numberOfTrailingZeros(left);
          int at = Frame.spill(i);
          if (markable(func.spilledView(i), at)) {
            func = state.frame(f);
            force(func.spilled(i), at, f, "fp", -(i + 1) * 8);
          }
        }
      }
    }
  }

  private void force(long[] r, int at, int f, String what, int number) {
    Reg.setPrecise(r, at, true);
    if (env.level2) {
      env.verbose("force_precise: frame" + f + ": forcing " + what + number + " to be precise\n");
    }
  }

  /** Forgets all precision of a state that is about to be stored (mark_all_scalars_imprecise). */
  static void forgetAll(State state) {
    for (int f = 0; f <= state.curframe; f++) {
      Frame func = state.view(f);
      if (!func.imprecise) {
        forget(state, func, f);
        // Of callers this stays so: they are shared with what is stored next.
        state.view(f).imprecise = f < state.curframe;
      }
    }
  }

  private static void forget(State state, Frame of, int f) {
    Frame func = of;
    for (int i = 0; i < Reg.COUNT - 1; i++) {
      if (preciseScalar(func.regs, Frame.reg(i))) {
        func = state.frame(f);
        Reg.setPrecise(func.regs, Frame.reg(i), false);
      }
    }
    for (long left = func.spills(); left != 0; left &= left - 1) {
      int i = Long.numberOfTrailingZeros(left);
      int at = Frame.spill(i);
      if (preciseScalar(func.spilledView(i), at)) {
        func = state.frame(f);
        Reg.setPrecise(func.spilled(i), at, false);
      }
    }
  }

  // Text --------------------------------------------------------------------------------------

  /** "r0,r2,r4" for 0x15 (fmt_reg_mask). */
  static void registers(StringBuilder text, int mask) {
    String separator = "r";
    for (int left = mask; left != 0; left &= left - 1) {
      text.append(separator).append(Integer.numberOfTrailingZeros(left));
      separator = ",r";
    }
  }

  /** "-8,-24,-40" for 0x15 (bpf_fmt_stack_mask). */
  static void slots(StringBuilder text, long mask) {
    String separator = "";
    for (long left = mask; left != 0; left &= left - 1) {
      text.append(separator).append(-(Long.numberOfTrailingZeros(left) + 1) * 8);
      separator = ",";
    }
  }
}

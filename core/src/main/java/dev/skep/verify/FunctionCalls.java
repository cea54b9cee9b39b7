package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;

/** Calls of subprograms and callbacks, and the return from them. */
final class FunctionCalls {
  private final Env env;
  private final Operands operands;
  private final Prototypes prototypes;
  private final PacketRanges packets;

  FunctionCalls(Env env, Operands operands, MemoryAccess memory, StackAccess stack) {
    this.env = env;
    this.operands = operands;
    prototypes = new Prototypes(env, new HelperArguments(env, operands, memory, stack));
    packets = new PacketRanges(env);
  }

  // Entries -----------------------------------------------------------------------------------

  /** Nothing is known but r10 (init_reg_state). */
  static void initRegisters(Frame frame) {
    for (int i = 0; i < Reg.COUNT; i++) {
      Reg.markNotInit(frame.regs, Frame.reg(i), false);
    }
    int at = Frame.reg(10);
    Reg.markPointer(frame.regs, at, STACK);
    Reg.setFrame(frame.regs, at, frame.frameno);
  }

  void enterMain(Frame frame) {
    env.trace.scratched.all();
    prototypes.enterMain();
    Reg.markPointer(frame.regs, Frame.reg(1), CTX);
  }

  void enterGlobal(int number, Frame frame) {
    env.trace.scratched.all();
    env.verbose("Validating " + env.subprogs[number].name + "() func#" + number + "...\n");
    prototypes.enter(number, frame);
  }

  // Calls -------------------------------------------------------------------------------------

  /** check_func_call. */
  void call(long word) {
    Subprog callee = env.subprogAt(env.insn + InsnWord.imm(word) + 1);
    Frame caller = env.cur.current();
    Rejection mismatch = prototypes.checkCall(callee);
    if (callee.global) {
      callGlobal(callee, caller, mismatch);
      return;
    }
    push(env.cur, callee.number, env.insn);
    Frame frame = env.cur.current();
    for (int i = 1; i <= 5; i++) {
      Reg.copy(caller.regs, Frame.reg(i), frame.regs, Frame.reg(i));
    }
    operands.clobberCallerSaved(caller.regs);
    env.insn = callee.start - 1;
    env.liveStack.chainChanged();
    if (env.level1) {
      env.verbose("caller:\n");
      env.printState(env.cur, caller.frameno);
      env.verbose("callee:\n");
      env.printState(env.cur, env.cur.curframe);
    }
  }

  private void callGlobal(
      Subprog callee, Frame caller, @org.jspecify.annotations.Nullable Rejection mismatch) {
    if (env.cur.activeLocks != 0) {
      env.verbose("global function calls are not allowed while holding a lock,\n");
      throw env.reject(Errno.EINVAL, "use static function instead");
    }
    if (callee.mightSleep && !env.maySleepHere()) {
      env.verbose(
          "global functions that may sleep are not allowed in non-sleepable context,\n"
              + "i.e., in a RCU/IRQ/preempt-disabled section, or in\n");
      throw env.reject(Errno.EINVAL, "a non-sleepable BPF program context");
    }
    if (mismatch != null) {
      env.reject(
          mismatch.errno(),
          "Caller passes invalid args into func#" + callee.number + " ('" + callee.name + "')");
      throw mismatch;
    }
    env.verbose(
        "Func#" + callee.number + " ('" + callee.name + "') is global and assumed valid.\n");
    if (callee.changesPacketData) {
      packets.forgetAll();
    }
    callee.called = true;
    operands.clobberCallerSaved(caller.regs);
    Reg.markUnknown(caller.regs, 0, false);
    Reg.setSubregDef(caller.regs, 0, 0);
  }

  /** A frame for a callee (setup_func_entry), without its arguments. */
  private Frame push(State state, int subprog, int callsite) {
    if (state.curframe + 1 >= State.MAX_FRAMES) {
      throw env.reject(
          Errno.E2BIG, "the call stack of " + (state.curframe + 2) + " frames is too deep");
    }
    Frame frame = new Frame();
    frame.callsite = callsite;
    frame.frameno = state.curframe + 1;
    frame.subprogno = subprog;
    initRegisters(frame);
    env.trace.scratched.all();
    state.frames[++state.curframe] = frame;
    return frame;
  }

  // Callbacks ---------------------------------------------------------------------------------

  /**
   * Queues one run of a callback, which returns to the call (push_callback_call); the current path
   * goes on behind it.
   *
   * @return the frame of the callback, whose arguments the caller fills in
   */
  Frame queueCallback(int number) {
    Subprog callback = env.subprogs[number];
    Frame caller = env.cur.current();
    prototypes.checkCall(callback);
    callback.callback = true;
    State queued = env.paths.push(callback.start, env.insn, Errno.ENOMEM);
    Frame frame = push(queued, number, env.insn);
    frame.inCallback = true;
    frame.callbackRetMin = 0;
    frame.callbackRetMax = 1;
    queued.callbackUnrollDepth++;
    queued.frame(queued.curframe - 1).callbackDepth++;
    caller.callbackDepth = 0;
    return frame;
  }

  /**
   * Queues a callback that runs some time after the call, on a stack of its own
   * (push_async_callback_call).
   *
   * @return its frame, whose arguments the caller fills in
   */
  Frame queueAsyncCallback(int number, boolean sleepable) {
    Subprog callback = env.subprogs[number];
    Frame caller = env.cur.current();
    prototypes.checkCall(callback);
    callback.callback = true;
    callback.asyncCallback = true;
    State fresh = new State();
    fresh.branches = 1;
    fresh.inSleepable = sleepable;
    Frame frame = new Frame();
    frame.subprogno = number;
    frame.asyncEntryCount = caller.asyncEntryCount + 1;
    frame.inAsyncCallback = true;
    initRegisters(frame);
    env.trace.scratched.all();
    fresh.frames[0] = frame;
    env.paths.pushFresh(fresh, callback.start, env.insn);
    return frame;
  }

  // Returns -----------------------------------------------------------------------------------

  /**
   * A tail call within a subprogram: if it succeeds, what it jumped to returns to our caller, with
   * any result, and with other packet data. That it fails is followed later.
   */
  void leaveByTailCall() {
    env.trace.scratched.reg(0);
    env.paths.push(env.insn + 1, env.insn, Errno.ENOMEM);
    packets.forgetAll();
    Reg.markUnknown(env.regs(), 0, false);
    leave();
    env.insn--;
  }

  /** A packet load within a subprogram: beyond the end of the packet it returns 0 to our caller. */
  void leaveByPacketLoad() {
    env.trace.scratched.reg(0);
    env.paths.push(env.insn + 1, env.insn, Errno.ENOMEM);
    Reg.markKnown(env.regs(), 0, 0);
    leave();
    env.insn--;
  }

  /** prepare_func_exit: back to the caller, or to the call that ran the callback. */
  void leave() {
    env.liveStack.update();
    State state = env.cur;
    Frame callee = state.current();
    Frame caller = state.frame(state.curframe - 1);
    int type = Reg.type(callee.regs, 0);
    if (type == STACK) {
      throw env.reject(Errno.EINVAL, "cannot return stack pointer to the caller");
    }
    if (callee.inCallback) {
      checkCallbackResult(callee, type);
    } else {
      Reg.copy(callee.regs, 0, caller.regs, 0);
    }
    env.insn = callee.inCallback ? callee.callsite : callee.callsite + 1;
    if (env.level1) {
      env.verbose("returning from callee:\n");
      env.printState(state, callee.frameno);
      env.verbose("to caller at " + env.insn + ":\n");
      env.printState(state, caller.frameno);
    }
    state.frames[state.curframe--] = null;
    State previous = callee.inCallback ? env.explored.previousEntry(state, env.insn) : null;
    if (previous != null) {
      env.states.widen(previous, state);
    }
  }

  private void checkCallbackResult(Frame callee, int type) {
    if (type != SCALAR) {
      throw env.reject(Errno.EACCES, "R0 not a scalar value");
    }
    env.backtrack.register(0);
    if (Reg.smin(callee.regs, 0) < callee.callbackRetMin
        || Reg.smax(callee.regs, 0) > callee.callbackRetMax) {
      throw new ReturnValues(env, operands)
          .outOfRange(0, callee.callbackRetMin, callee.callbackRetMax, "At callback return");
    }
  }
}

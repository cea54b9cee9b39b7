package dev.skep.verify;

import static dev.skep.errors.Errno.*;
import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;
import dev.skep.program.Helpers;
import dev.skep.program.Kfunc;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;

/**
 * Walks the control flow graph depth first from the first instruction (check_cfg): everything must
 * be reachable, and without CAP_BPF there may be no loop. On the way it marks where states are
 * compared and stored (prune points, forced checkpoints), where the jump history needs an entry
 * (jump points) and what subprograms do to packets.
 */
final class ControlFlow {
  private static final int DISCOVERED = 0x10;
  private static final int EXPLORED = 0x20;
  private static final int FALLTHROUGH = 1;
  private static final int BRANCH = 2;

  private final long[] insns;
  private final CalledKfuncs kfuncs;
  private final Subprogs subprogs;
  private final InsnMarks marks;
  private final VerifierLog log;
  private final Trace trace;
  private final boolean loopsAllowed;
  private final boolean extension;
  private final int[] state;
  private final int[] stack;
  private int depth;

  private ControlFlow(
      Program program,
      VerifierOptions options,
      CalledKfuncs kfuncs,
      Subprogs subprogs,
      InsnMarks marks,
      VerifierLog log,
      Trace trace) {
    this.insns = program.insns();
    this.kfuncs = kfuncs;
    this.subprogs = subprogs;
    this.marks = marks;
    this.log = log;
    this.trace = trace;
    this.loopsAllowed = options.host().bpfCapable();
    this.extension = program.type() == ProgramType.EXT;
    this.state = new int[insns.length];
    this.stack = new int[insns.length];
  }

  static void check(
      Program program,
      VerifierOptions options,
      CalledKfuncs kfuncs,
      Subprogs subprogs,
      InsnMarks marks,
      VerifierLog log,
      Trace trace) {
    ControlFlow flow = new ControlFlow(program, options, kfuncs, subprogs, marks, log, trace);
    flow.walk();
    flow.checkReached();
  }

  private void walk() {
    walkFrom(0);
    Subprog callback = subprogs.exceptionCallback();
    if (callback != null && state[callback.start] != EXPLORED) {
      walkFrom(callback.start);
    }
  }

  private void walkFrom(int start) {
    state[start] = DISCOVERED;
    stack[0] = start;
    depth = 1;
    while (depth > 0) {
      int at = stack[depth - 1];
      if (visit(at)) {
        state[at] = EXPLORED;
        depth--;
      }
    }
  }

  private void checkReached() {
    for (int i = 0; i < insns.length; i++) {
      if (state[i] != EXPLORED) {
        log.add("unreachable insn ").num(i).line();
        throw new Rejection(EINVAL);
      }
      if (InsnWord.code(insns[i]) == LD_IMM64) {
        if (state[i + 1] != 0) {
          log.add("jump into the middle of ldimm64 insn ").num(i).line();
          throw new Rejection(EINVAL);
        }
        i++;
      }
    }
  }

  /** Returns whether the instruction has no edge left to follow. */
  private boolean visit(int at) {
    long word = insns[at];
    int code = InsnWord.code(word);
    if (Subprogs.isPseudoFunc(word)) {
      return visitCall(at, true);
    }
    if (classOf(code) != JMP && classOf(code) != JMP32) {
      return follow(at, at + Successors.slots(code), FALLTHROUGH);
    }
    return switch (op(code)) {
      case EXIT -> true;
      case CALL -> {
        if (InsnWord.src(word) == 0) {
          markHelperCall(at, InsnWord.imm(word));
        }
        Kfunc kfunc = kfuncs.rules(word);
        if (kfunc != null) {
          markKfuncCall(at, kfunc);
        }
        yield visitCall(at, InsnWord.src(word) == PSEUDO_CALL);
      }
      case JA -> {
        int target = at + Successors.jumpOffset(word) + 1;
        boolean done = follow(at, target, FALLTHROUGH);
        if (done) {
          marks.prunePoint[target] = true;
          marks.jumpPoint[target] = true;
        }
        yield done;
      }
      default -> {
        marks.prunePoint[at] = true;
        if (code == MAY_GOTO_CODE && InsnWord.src(word) == MAY_GOTO) {
          marks.forceCheckpoint[at] = true;
        }
        yield follow(at, at + 1, FALLTHROUGH) && follow(at, at + InsnWord.off(word) + 1, BRANCH);
      }
    };
  }

  private void markHelperCall(int at, int helper) {
    if (Helpers.callsAsyncCallback(helper)) {
      marks.prunePoint[at] = true;
    }
    if (Helpers.callsCallback(helper)) {
      marks.callsCallback[at] = true;
      marks.forceCheckpoint[at] = true;
      marks.prunePoint[at] = true;
      marks.jumpPoint[at] = true;
    }
    Subprog subprog = subprogs.containing(at);
    // An extension has no helpers yet: whose it may call is known only behind this pass.
    subprog.mightSleep |= Helpers.mightSleep(helper) && !extension;
    subprog.changesPacketData |= Helpers.changesPacketData(helper);
  }

  private void markKfuncCall(int at, Kfunc kfunc) {
    if (kfunc.callsAsyncCallback()) {
      marks.prunePoint[at] = true;
    }
    if (kfunc.callsCallback()) {
      marks.callsCallback[at] = true;
      marks.forceCheckpoint[at] = true;
      marks.prunePoint[at] = true;
      marks.jumpPoint[at] = true;
    }
    if (kfunc.stepsIteration()) {
      marks.iteratorStep[at] = true;
      marks.prunePoint[at] = true;
      marks.forceCheckpoint[at] = true;
    }
    Subprog subprog = subprogs.containing(at);
    subprog.mightSleep |= kfunc.sleeps();
    subprog.changesPacketData |= kfunc.changesPacketData();
  }

  private boolean visitCall(int at, boolean intoCallee) {
    long word = insns[at];
    int next = at + Successors.slots(InsnWord.code(word));
    if (!follow(at, next, FALLTHROUGH)) {
      return false;
    }
    marks.prunePoint[next] = true;
    marks.jumpPoint[next] = true;
    if (!intoCallee) {
      return true;
    }
    int target = at + InsnWord.imm(word) + 1;
    marks.prunePoint[at] = true;
    // Without recursion the callee is done by the time this is asked last.
    Subprog caller = subprogs.containing(at);
    Subprog callee = subprogs.containing(target);
    caller.changesPacketData |= callee.changesPacketData;
    caller.mightSleep |= callee.mightSleep;
    return follow(at, target, BRANCH);
  }

  /** Follows one edge; false if its end has to be explored first. */
  private boolean follow(int from, int to, int edge) {
    if (state[from] >= (DISCOVERED | edge)) {
      return true;
    }
    if (to < 0 || to >= insns.length) {
      trace.sourceLine(from, from + ": ");
      log.add("jump out of range from insn ").num(from).add(" to ").num(to).line();
      throw new Rejection(EINVAL);
    }
    if (edge == BRANCH) {
      marks.prunePoint[to] = true;
      marks.jumpPoint[to] = true;
    }
    if (state[to] == 0) {
      state[from] = DISCOVERED | edge;
      state[to] = DISCOVERED;
      if (depth >= insns.length) {
        throw new Rejection(E2BIG);
      }
      stack[depth++] = to;
      return false;
    }
    if ((state[to] & 0xf0) == DISCOVERED) {
      if (!loopsAllowed) {
        trace.sourceLine(from, from + ": ");
        trace.sourceLine(to, to + ": ");
        log.add("back-edge from insn ").num(from).add(" to ").num(to).line();
        throw new Rejection(EINVAL);
      }
      return true;
    }
    state[from] = DISCOVERED | edge;
    return true;
  }
}

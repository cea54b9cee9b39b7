package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.ProgramType;

/** Follows every path through a program or global function (do_check_common, do_check). */
final class MainPass {
  /** Instructions followed at most (BPF_COMPLEXITY_LIMIT_INSNS). */
  static final int INSN_LIMIT = 1_000_000;

  private static final int SPIN_UNLOCK = 94;

  private final Env env;
  private final Operands operands;
  private final MemoryAccess memory;
  private final AluOps alu;
  private final Atomics atomics;
  private final Branches branches;
  private final ConstantLoads constants;
  private final PacketLoads packetLoads;
  private final HelperCalls helpers;
  private final KfuncCalls kfuncs;
  private final FunctionCalls functions;
  private final ExitRules exits;
  private final ReturnValues results;

  /** Whether the next instruction is reached by something else than falling through. */
  private boolean arrived;

  MainPass(Env env) {
    this.env = env;
    operands = new Operands(env);
    StackAccess stack = new StackAccess(env);
    memory = new MemoryAccess(env, stack);
    PointerGuard guard = new PointerGuard(env, memory);
    alu = new AluOps(env, operands, stack, guard);
    atomics = new Atomics(env, operands, memory);
    branches = new Branches(env, operands, guard);
    exits = new ExitRules(env);
    results = new ReturnValues(env, operands);
    constants = new ConstantLoads(env, operands);
    functions = new FunctionCalls(env, operands, memory, stack);
    packetLoads = new PacketLoads(env, operands, memory, exits, functions);
    HelperArguments arguments = new HelperArguments(env, operands, memory, stack);
    Dynptrs dynptrs = new Dynptrs(env);
    helpers = new HelperCalls(env, operands, memory, arguments, dynptrs, functions, exits);
    kfuncs = new KfuncCalls(env, arguments, memory, dynptrs, functions, branches, results);
  }

  /** Verifies the main program, then all global functions that it calls. */
  void run() {
    env.insn = 0;
    follow(0);
    Subprog callback = env.exceptionCallback();
    if (callback != null) {
      callback.called = true;
    }
    boolean again = true;
    while (again && !env.program.funcInfo().isEmpty()) {
      again = false;
      for (int i = 1; i < env.subprogs.length; i++) {
        Subprog subprog = env.subprogs[i];
        if (subprog.global && subprog.called && !subprog.verified) {
          env.insn = subprog.start;
          follow(i);
          if (env.level1) {
            env.verbose(
                "Func#"
                    + i
                    + " ('"
                    + subprog.name
                    + "') is safe for any args that match its prototype\n");
          }
          subprog.verified = true;
          again = true;
        }
      }
    }
  }

  /** do_check_common. */
  private void follow(int number) {
    env.trace.newRun();
    if (env.listener != null) {
      env.listener.begins();
    }
    State state = new State();
    Frame frame = new Frame();
    frame.subprogno = number;
    FunctionCalls.initRegisters(frame);
    state.frames[0] = frame;
    state.branches = 1;
    state.firstInsn = env.subprogs[number].start;
    state.lastInsn = -1;
    state.inSleepable = LoadChecks.sleepable(env.program);
    env.cur = state;
    if (number != 0 || env.program.type() == ProgramType.EXT) {
      functions.enterGlobal(number, frame);
    } else {
      functions.enterMain(frame);
    }
    if (number == 0) {
      acquireArguments();
    }
    explore();
    if (!env.level2) {
      env.log.reset(0);
    }
    env.paths.clear();
    env.explored.clear();
    env.sccs.clear();
  }

  /** Members of struct_ops are given references with some arguments. */
  private void acquireArguments() {
    Attachment target = env.attachment;
    if (target == null || env.program.type() != ProgramType.STRUCT_OPS) {
      return;
    }
    for (Attachment.Argument argument : target.arguments()) {
      if (argument.referenced()) {
        int id = env.nextId();
        env.cur.acquire(State.REF_PTR, id, 0);
        env.argumentReferences[argument.offset() / 8] = id;
      }
    }
  }

  private void explore() {
    int previous = -1;
    arrived = false;
    while (true) {
      env.history.nextInsn();
      env.previousInsn = previous;
      if (env.insn >= env.insnCount) {
        throw env.reject(
            Errno.EFAULT, "invalid insn idx " + env.insn + " insn_cnt " + env.insnCount);
      }
      if (env.listener != null) {
        env.listener.step(env);
      }
      if (++env.insnsProcessed > INSN_LIMIT) {
        throw env.reject(
                Errno.E2BIG, "BPF program is too large. Processed " + env.insnsProcessed + " insn")
            .because(new Reason.TooComplex(INSN_LIMIT));
      }
      State state = env.cur;
      state.lastInsn = previous;
      state.insnIdx = env.insn;
      if (!pruned() && step()) {
        previous = lastInsn;
        continue;
      }
      env.trace.scratched.all();
      env.explored.pathEnded(env.cur);
      env.liveStack.update();
      if (env.paths.isEmpty()) {
        return;
      }
      env.paths.pop(!env.level2);
      previous = env.previousInsn;
      arrived = true;
    }
  }

  /** The instruction that {@link #step} carried out. */
  private int lastInsn;

  private boolean pruned() {
    if (!env.marks.prunePoint[env.insn] || !env.explored.visit(env.insn)) {
      return false;
    }
    if (env.level1) {
      env.trace.safe(env.cur, env.previousInsn, env.insn, arrived);
    }
    return true;
  }

  /** Carries out one instruction; false when the path ends with it. */
  private boolean step() {
    int insn = env.insn;
    if (env.marks.jumpPoint[insn]) {
      env.pushHistory(0, 0);
    }
    if (env.level2 && arrived) {
      env.trace.arrival(env.cur, env.previousInsn, insn);
      arrived = false;
    }
    if (env.level1) {
      env.trace.insn(env.cur, insn);
    }
    lastInsn = insn;
    long word = env.insns[insn];
    if (env.cur.speculative) {
      return speculate(insn, word);
    }
    env.facts.seen[insn] = true;
    if (!mayWriteStack(InsnWord.code(word))) {
      return carryOut(word);
    }
    env.liveStack.begin(insn);
    boolean goesOn = carryOut(word);
    env.liveStack.commit();
    return goesOn;
  }

  /**
   * An instruction that only a wrong guess of the CPU reaches: where it would do harm a barrier
   * keeps the CPU from it.
   */
  private boolean speculate(int insn, long word) {
    if (env.facts.nospec[insn]) {
      return false;
    }
    env.liveStack.begin(insn);
    boolean goesOn;
    try {
      goesOn = carryOut(word);
    } catch (Rejection harm) {
      if (!isRecoverable(harm.errno())) {
        throw harm;
      }
      env.message = "";
      env.facts.nospec[insn] = true;
      env.facts.aluState[insn] = 0;
      goesOn = false;
    }
    env.liveStack.commit();
    return goesOn && !env.facts.nospecResult[insn];
  }

  /** error_recoverable_with_nospec. */
  private static boolean isRecoverable(int errno) {
    return errno == Errno.EPERM || errno == Errno.EACCES || errno == Errno.EINVAL;
  }

  /** Only stores and calls ever tell {@link LiveStack} of slots that are overwritten. */
  private static boolean mayWriteStack(int code) {
    int kind = classOf(code);
    return kind == ST || kind == STX || kind == JMP && op(code) == CALL;
  }

  private boolean carryOut(long word) {
    int code = InsnWord.code(word);
    switch (classOf(code)) {
      case ALU, ALU64 -> alu.check(word);
      case LDX -> load(word);
      case STX -> {
        if (mode(code) == ATOMIC) {
          atomics.check(word);
        } else {
          storeRegister(word);
        }
      }
      case ST -> storeConstant(word);
      case LD -> loadSpecial(word);
      default -> {
        return jump(word);
      }
    }
    env.insn++;
    return true;
  }

  private void load(long word) {
    int src = InsnWord.src(word);
    int dst = InsnWord.dst(word);
    int code = InsnWord.code(word);
    operands.source(src);
    operands.target(dst);
    int type = Reg.type(env.regs(), Frame.reg(src));
    memory.check(
        env.insn, src, InsnWord.off(word), bytes(code), false, dst, false, mode(code) == MEMSX);
    memory.notePointer(type, true);
    env.scalars.check(env.regs(), Frame.reg(dst), "ldx");
  }

  private void storeRegister(long word) {
    int code = InsnWord.code(word);
    if (mode(code) != MEM || InsnWord.imm(word) != 0) {
      throw env.reject(Errno.EINVAL, "BPF_STX uses reserved fields");
    }
    int dst = InsnWord.dst(word);
    operands.source(InsnWord.src(word));
    operands.source(dst);
    int type = Reg.type(env.regs(), Frame.reg(dst));
    memory.check(
        env.insn, dst, InsnWord.off(word), bytes(code), true, InsnWord.src(word), false, false);
    memory.notePointer(type, false);
  }

  private void storeConstant(long word) {
    int code = InsnWord.code(word);
    if (mode(code) != MEM || InsnWord.src(word) != 0) {
      throw env.reject(Errno.EINVAL, "BPF_ST uses reserved fields");
    }
    int dst = InsnWord.dst(word);
    operands.source(dst);
    int type = Reg.type(env.regs(), Frame.reg(dst));
    memory.check(
        env.insn,
        dst,
        InsnWord.off(word),
        bytes(code),
        true,
        MemoryAccess.NO_REGISTER,
        false,
        false);
    memory.notePointer(type, false);
  }

  private void loadSpecial(long word) {
    switch (mode(InsnWord.code(word))) {
      case ABS, IND -> packetLoads.check(word);
      case IMM -> {
        constants.check(word);
        env.insn++;
        env.facts.seen[env.insn] |= !env.cur.speculative;
      }
      default -> throw env.reject(Errno.EINVAL, "invalid BPF_LD mode");
    }
  }

  private boolean jump(long word) {
    int code = InsnWord.code(word);
    env.jumps++;
    switch (op(code)) {
      case CALL -> {
        if (!call(word)) {
          return false;
        }
        env.insn++;
      }
      case JA -> {
        boolean far = classOf(code) == JMP32;
        if (isX(code)
            || InsnWord.src(word) != 0
            || InsnWord.dst(word) != 0
            || (far ? InsnWord.off(word) : InsnWord.imm(word)) != 0) {
          throw env.reject(Errno.EINVAL, "BPF_JA uses reserved fields");
        }
        env.insn += 1 + (far ? InsnWord.imm(word) : InsnWord.off(word));
      }
      case EXIT -> {
        if (isX(code)
            || InsnWord.imm(word) != 0
            || InsnWord.src(word) != 0
            || InsnWord.dst(word) != 0
            || classOf(code) == JMP32) {
          throw env.reject(Errno.EINVAL, "BPF_EXIT uses reserved fields");
        }
        return exit();
      }
      default -> {
        branches.check(word);
        env.insn++;
      }
    }
    return true;
  }

  /** False when the path ends with the call: the program throws. */
  private boolean call(long word) {
    int code = InsnWord.code(word);
    int src = InsnWord.src(word);
    if (isX(code)
        || src != PSEUDO_KFUNC_CALL && InsnWord.off(word) != 0
        || src != 0 && src != PSEUDO_CALL && src != PSEUDO_KFUNC_CALL
        || InsnWord.dst(word) != 0
        || classOf(code) == JMP32) {
      throw env.reject(Errno.EINVAL, "BPF_CALL uses reserved fields");
    }
    if (env.cur.activeLocks != 0
        && (src == 0 && InsnWord.imm(word) != SPIN_UNLOCK
            || src == PSEUDO_KFUNC_CALL && !kfuncs.isAllowedUnderLock(word))) {
      throw env.reject(Errno.EINVAL, "function calls are not allowed while holding a lock");
    }
    if (src == PSEUDO_CALL) {
      functions.call(word);
    } else if (src == PSEUDO_KFUNC_CALL) {
      if (!kfuncs.call(word)) {
        exits.checkThrow();
        return false;
      }
    } else {
      helpers.call(word);
    }
    env.trace.scratched.reg(0);
    return true;
  }

  /** process_bpf_exit_full; false when the whole path ends. */
  private boolean exit() {
    exits.checkLeak(env.cur.curframe == 0, "BPF_EXIT instruction in main prog");
    if (env.cur.curframe != 0) {
      functions.leave();
      arrived = true;
      return true;
    }
    results.check(0);
    return false;
  }
}

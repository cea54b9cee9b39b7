package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.Kfunc;
import dev.skep.program.SpecialFields;

/** Calls of kernel functions (check_kfunc_call). */
final class KfuncCalls {
  private static final int MAX_ERRNO = 4095;

  private final Env env;
  private final KfuncArguments arguments;
  private final MemoryAccess memory;
  private final Iterators iterators;
  private final Dynptrs dynptrs;
  private final References references;
  private final PacketRanges packets;
  private final Branches branches;
  private final OwningRefs owning;
  private final LocalObjects objects;
  private final GraphCallbacks callbacks;
  private final ReturnValues results;
  private final WorkCallbacks work;
  private final Scalar failure = new Scalar();
  private final KfuncCall call = new KfuncCall();

  KfuncCalls(
      Env env,
      HelperArguments helperArguments,
      MemoryAccess memory,
      Dynptrs dynptrs,
      FunctionCalls functions,
      Branches branches,
      ReturnValues results) {
    this.env = env;
    this.memory = memory;
    this.branches = branches;
    this.results = results;
    this.dynptrs = dynptrs;
    iterators = new Iterators(env);
    arguments = new KfuncArguments(env, helperArguments, memory, dynptrs, iterators);
    references = new References(env);
    owning = new OwningRefs(env);
    objects = new LocalObjects(env, owning);
    callbacks = new GraphCallbacks(env, functions);
    work = new WorkCallbacks(functions);
    packets = new PacketRanges(env);
  }

  /** Returns whether the program goes on behind the call. */
  boolean call(long word) {
    CalledKfuncs.Called kfunc = env.kfuncs.at(word);
    if (kfunc == null) {
      return true; // told when calls are fixed up
    }
    if (!env.kfuncs.isAllowed(kfunc)) {
      throw env.reject(Errno.EACCES, "calling kernel function " + kfunc.name() + " is not allowed");
    }
    Kfunc rules = kfunc.rules();
    if (isLock(kfunc.name())) {
      queueFailure();
    }
    if (kfunc.name().equals("__bpf_trap")) {
      throw env.reject(Errno.EFAULT, "unexpected __bpf_trap() due to uninitialized variable?");
    }
    if (rules.sleeps() && !env.sleepable()) {
      throw env.reject(
          Errno.EACCES, "program must be sleepable to call sleepable kfunc " + kfunc.name());
    }
    call.clear();
    arguments.check(kfunc, call);
    if (kfunc.name().equals("bpf_throw")) {
      env.throwsException = true;
      if (env.exceptionCallback() == null) {
        results.check(1);
      }
      clobber();
      return false;
    }
    if (rules.callsCallback()) {
      runCallback(kfunc);
    } else if (rules.callsAsyncCallback()) {
      work.queue(kfunc.name(), call);
    }
    regions(kfunc);
    release(kfunc);
    objects.giveAway(kfunc.name(), call);
    clobber();
    setResult(kfunc, rules);
    if (rules.changesPacketData()) {
      packets.forgetAll();
    }
    if (rules.stepsIteration()) {
      iterators.step(call, branches);
    }
    return true;
  }

  /** Whether a call may be made while a lock is held (kfunc_spin_allowed). */
  boolean isAllowedUnderLock(long word) {
    CalledKfuncs.Called kfunc = env.kfuncs.at(word);
    if (kfunc == null || InsnWord.off(word) != 0) {
      return false;
    }
    String name = kfunc.name();
    return GraphCallbacks.isList(name)
        || GraphCallbacks.isTree(name)
        || name.equals("bpf_refcount_acquire_impl")
        || name.startsWith("bpf_iter_num_")
        || name.startsWith("bpf_res_spin_");
  }

  /** Kfuncs that take a lock, or say why not. */
  private static boolean isLock(String kfunc) {
    return kfunc.equals("bpf_res_spin_lock") || kfunc.equals("bpf_res_spin_lock_irqsave");
  }

  /** The path on which the lock was not taken: r0 is a negative errno. */
  private void queueFailure() {
    long[] r = env.paths.push(env.insn + 1, env.insn, Errno.ENOMEM).regs();
    for (int i = 0; i <= 5; i++) {
      Reg.markNotInit(r, Frame.reg(i), false);
    }
    Reg.markUnknown(r, 0, false);
    failure.load(r, 0);
    failure.smin = -MAX_ERRNO;
    failure.smin32 = -MAX_ERRNO;
    failure.smax = -1;
    failure.smax32 = -1;
    ScalarBounds.sync(failure);
    failure.store(r, 0);
    Reg.setSubregDef(r, 0, env.insn + 1);
  }

  private void runCallback(CalledKfuncs.Called kfunc) {
    try {
      callbacks.queueLess(call.subprog);
    } catch (Rejection bad) {
      throw env.reject(
          bad.errno(),
          "kfunc " + kfunc.name() + "#" + kfunc.id() + " failed callback verification");
    }
  }

  /** r0..r5 are lost. */
  private void clobber() {
    long[] r = env.regs();
    for (int i = 0; i <= 5; i++) {
      Reg.markNotInit(r, Frame.reg(i), false);
      Reg.setSubregDef(r, Frame.reg(i), 0);
    }
  }

  private void release(CalledKfuncs.Called kfunc) {
    if (call.releaseRegister == 0) {
      return;
    }
    if (call.dynptrRef != 0) {
      dynptrs.release(call.releaseRegister);
    } else if (!references.release(Reg.refObjId(env.regs(), Frame.reg(call.releaseRegister)))) {
      throw env.reject(
          Errno.EINVAL,
          "kfunc " + kfunc.name() + "#" + kfunc.id() + " reference has not been acquired before");
    }
  }

  // Regions -----------------------------------------------------------------------------------

  private void regions(CalledKfuncs.Called kfunc) {
    State state = env.cur;
    if (state.rcuLocks != 0
        && kfunc.name().startsWith("bpf_rcu_read_")
        && GraphCallbacks.inLessFunction(env)) {
      throw env.reject(
          Errno.EACCES, "Calling bpf_rcu_read_{lock,unlock} in unnecessary rbtree callback");
    }
    switch (kfunc.name()) {
      case "bpf_rcu_read_lock" -> {
        if (state.rcuLocks != 0) {
          throw unmatched("nested rcu read lock", kfunc);
        }
        state.rcuLocks++;
      }
      case "bpf_rcu_read_unlock" -> {
        if (state.rcuLocks == 0) {
          throw unmatched("unmatched rcu read unlock", kfunc);
        }
        if (--state.rcuLocks == 0) {
          endRcu();
        }
      }
      case "bpf_preempt_disable" -> state.preemptLocks++;
      case "bpf_preempt_enable" -> {
        if (state.preemptLocks == 0) {
          throw unmatched("unmatched attempt to enable preemption", kfunc);
        }
        state.preemptLocks--;
      }
      default -> {}
    }
    String where = kfunc.rules().sleeps() ? state.region() : "";
    if (!where.isEmpty()) {
      throw env.reject(
          Errno.EACCES, "kernel func " + kfunc.name() + " is sleepable within " + where);
    }
    if (kfunc.rules().rcuProtected() && !env.inRcu()) {
      throw env.reject(
          Errno.EACCES,
          "kernel func " + kfunc.name() + " requires RCU critical section protection");
    }
  }

  private Rejection unmatched(String what, CalledKfuncs.Called kfunc) {
    return env.reject(Errno.EINVAL, what + " (kernel function " + kfunc.name() + ")");
  }

  /** What was valid only within the section is not to be trusted behind it. */
  private void endRcu() {
    references.each(KfuncCalls::distrust);
    for (int f = 0; f <= env.cur.curframe; f++) {
      Frame frame = env.cur.frame(f);
      for (int i = 0; i < frame.slots(); i++) {
        if (StackSlot.type(frame.types(i), 0) == StackSlot.ITER) {
          distrust(frame.spilled(i), Frame.spill(i));
        }
      }
    }
  }

  private static void distrust(long[] r, int at) {
    int type = Reg.type(r, at);
    if ((type & MEM_RCU) != 0) {
      Reg.setType(r, at, type & ~(MEM_RCU | MAYBE_NULL) | PTR_UNTRUSTED);
    }
  }

  // Results -----------------------------------------------------------------------------------

  private void setResult(CalledKfuncs.Called kfunc, Kfunc rules) {
    long[] r = env.regs();
    Btf btf = kfunc.btf();
    int type = btf.skip(btf.target(kfunc.proto()), true);
    if (type == 0) {
      if (kfunc.name().equals("bpf_obj_drop_impl")
          || kfunc.name().equals("bpf_percpu_obj_drop_impl")) {
        objects.noteType(call);
      }
      return;
    }
    if (KfuncParameter.isNumber(btf, type)) {
      Reg.markUnknown(r, 0, false);
      if (isLock(kfunc.name())) {
        Reg.markConst(r, 0, 0);
      }
      Reg.setSubregDef(r, 0, btf.size(type) == 8 ? 0 : env.insn + 1);
      return;
    }
    if (btf.kind(type) != BtfKind.PTR) {
      throw env.bug("result of kfunc " + kfunc.name());
    }
    int target = btf.skip(btf.target(type), true);
    setPointer(kfunc, rules, target);
    boolean maybeNull = rules.mayReturnNull() && !call.owning;
    if (maybeNull) {
      Reg.setType(r, 0, Reg.type(r, 0) | MAYBE_NULL);
      Reg.setId(r, 0, env.nextId());
    }
    Reg.setSubregDef(r, 0, 0);
    if (rules.acquires()) {
      int id = env.nextId();
      env.cur.acquire(State.REF_PTR, id, env.insn);
      if (maybeNull) {
        Reg.setId(r, 0, id);
      }
      Reg.setRefObjId(r, 0, id);
    } else if (LocalObjects.isNode(btf, target)) {
      owning.setNonOwning(r, 0);
    }
    if (Reg.id(r, 0) == 0 && env.mayHoldLock(r, 0)) {
      Reg.setId(r, 0, env.nextId());
    }
  }

  private void setPointer(CalledKfuncs.Called kfunc, Kfunc rules, int target) {
    long[] r = env.regs();
    Btf btf = kfunc.btf();
    if (special(kfunc)) {
      return;
    }
    SpecialFields.Field root = call.root;
    if (root != null && LocalObjects.isNode(btf, target)) {
      GraphCallbacks.markNode(r, 0, root);
      return;
    }
    if (target == 0) {
      Reg.markUnknown(r, 0, false);
    } else if (btf.kind(target) != BtfKind.STRUCT && btf.kind(target) != BtfKind.UNION) {
      setMemory(kfunc, rules, target);
    } else {
      int flags = 0;
      if (kfunc.name().equals("bpf_get_kmem_cache")) {
        flags = PTR_UNTRUSTED;
      } else if (rules.rcuProtected()) {
        flags = MEM_RCU;
      }
      if (rules.stepsIteration()) {
        flags |= iteratorInRcu() ? MEM_RCU : PTR_TRUSTED;
      }
      Reg.markPointer(r, 0, BTF_ID | flags);
      Reg.setHandles(r, 0, target, BtfObjects.VMLINUX);
    }
  }

  private boolean iteratorInRcu() {
    long[] slots = env.cur.view(call.iteratorFrame).spilledView(call.iteratorSlot);
    return (Reg.type(slots, Frame.spill(call.iteratorSlot)) & MEM_RCU) != 0;
  }

  private void setMemory(CalledKfuncs.Called kfunc, Kfunc rules, int target) {
    long[] r = env.regs();
    long size = kfunc.name().equals("bpf_session_cookie") ? 8 : call.resultSize;
    boolean readOnly = call.resultReadOnly;
    if (size == 0) {
      size = kfunc.btf().sizeOf(target);
      readOnly = true;
    }
    if (size <= 0) {
      throw env.reject(
          Errno.EINVAL,
          "kernel function "
              + kfunc.name()
              + " returns pointer type "
              + BtfKind.name(kfunc.btf().kind(target))
              + " "
              + kfunc.btf().name(target)
              + " is not supported");
    }
    int flags = (readOnly ? MEM_RDONLY : 0) | (rules.rcuProtected() ? MEM_RCU : 0);
    Reg.markPointer(r, 0, MEM | flags);
    Reg.setHandle(r, 0, (int) size);
    Reg.setRefObjId(r, 0, call.refObjId);
  }

  /** check_special_kfunc; false for a result that the prototype alone describes. */
  private boolean special(CalledKfuncs.Called kfunc) {
    long[] r = env.regs();
    switch (kfunc.name()) {
      case "bpf_cast_to_kern_ctx" -> {
        Reg.markPointer(r, 0, BTF_ID | PTR_TRUSTED);
        Reg.setHandles(r, 0, call.contextType, BtfObjects.VMLINUX);
      }
      case "bpf_rdonly_cast" -> setReadOnlyCast(kfunc.btf());
      case "bpf_dynptr_slice", "bpf_dynptr_slice_rdwr" -> setSlice(kfunc.name());
      case "bpf_obj_new_impl" -> objects.create(call, false);
      case "bpf_percpu_obj_new_impl" -> objects.create(call, true);
      case "bpf_refcount_acquire_impl" -> objects.share(call);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void setReadOnlyCast(Btf btf) {
    long[] r = env.regs();
    int type = (int) call.constant;
    if (type != 0 && !btf.hasType(type)) {
      throw env.reject(
          Errno.EINVAL, "Unknown type ID " + call.constant + " passed to kfunc bpf_rdonly_cast");
    }
    if (type == 0) {
      Reg.markPointer(r, 0, MEM | MEM_RDONLY | PTR_UNTRUSTED);
    } else if (btf.kind(type) == BtfKind.STRUCT || btf.kind(type) == BtfKind.UNION) {
      Reg.markPointer(r, 0, BTF_ID | PTR_UNTRUSTED);
      Reg.setHandles(r, 0, type, BtfObjects.VMLINUX);
    } else {
      throw env.reject(
          Errno.EINVAL, "kfunc bpf_rdonly_cast type ID argument must be of a struct or void");
    }
  }

  private void setSlice(String name) {
    long[] r = env.regs();
    int flags = Dynptrs.flag(call.dynptrType);
    if (name.equals("bpf_dynptr_slice")) {
      flags |= MEM_RDONLY;
    } else if (!memory.mayAccessPacket(true, null)) {
      throw env.reject(Errno.EINVAL, "the prog does not allow writes to packet data");
    }
    Reg.markPointer(r, 0, MEM | flags);
    Reg.setHandles(r, 0, (int) call.constant, call.dynptrId);
  }
}

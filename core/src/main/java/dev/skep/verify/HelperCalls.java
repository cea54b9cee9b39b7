package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.AttachType;
import dev.skep.program.HelperPrototype;
import dev.skep.program.HelperStructs;
import dev.skep.program.Helpers;
import dev.skep.program.License;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.ProgramType;
import dev.skep.program.SpecialFields;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Calls of helper functions (check_helper_call). */
final class HelperCalls {
  private static final int MAP_LOOKUP = 1;
  private static final int GET_CPU = 8;
  private static final int FOR_EACH = 164;
  private static final int SNPRINTF = 165;
  private static final int LOOP = 181;
  private static final int GET_LOCAL_STORAGE = 81;
  private static final int TIMER_SET_CALLBACK = 170;
  private static final int GET_FUNC_IP = 173;
  private static final int DYNPTR_FROM_MEM = 197;
  private static final int SUBMIT_DYNPTR = 199;
  private static final int DISCARD_DYNPTR = 200;
  private static final int DYNPTR_WRITE = 202;
  private static final int DYNPTR_DATA = 203;
  private static final int DRAIN = 209;
  private static final int PER_CPU_PTR = 153;
  private static final int THIS_CPU_PTR = 154;
  private static final int LOCKS = SpecialFields.SPIN_LOCK | SpecialFields.RES_SPIN_LOCK;
  private static final int SET_RETVAL = 187;
  private static final int KPTR_XCHG = 194;
  private static final int SK_STORAGE_GET = 107;
  private static final int SK_STORAGE_DELETE = 108;
  private static final int INODE_STORAGE_GET = 145;
  private static final int TASK_STORAGE_GET = 156;
  private static final int CGRP_STORAGE_GET = 210;
  private static final int D_PATH = 147;
  private static final int IMA_INODE_HASH = 161;
  private static final int IMA_FILE_HASH = 193;

  /** Functions whose tracing programs may ask for a path (btf_allowlist_d_path). */
  private static final Set<String> PATH_TARGETS =
      Set.of(
          "security_file_permission",
          "security_inode_getattr",
          "security_file_open",
          "security_path_truncate",
          "vfs_truncate",
          "vfs_fallocate",
          "dentry_open",
          "vfs_getattr",
          "filp_close");

  private static final int FIND_VMA = 180;
  private static final int MAX_ERRNO = 4095;

  private final Env env;
  private final Operands operands;
  private final HelperArguments arguments;
  private final MemoryAccess memory;
  private final FunctionCalls functions;
  private final ExitRules exits;
  private final PacketRanges packets;
  private final Dynptrs dynptrs;
  private final References references;
  private final KernelPointers pointers;
  private final FormatStrings formats;
  private final CallArguments call = new CallArguments();
  private final @Nullable HelperPrototype[] prototypes = new HelperPrototype[Helpers.COUNT];
  private final AllowedHelpers allowed;
  private final boolean gpl;
  private final Scalar result = new Scalar();

  HelperCalls(
      Env env,
      Operands operands,
      MemoryAccess memory,
      HelperArguments arguments,
      Dynptrs dynptrs,
      FunctionCalls functions,
      ExitRules exits) {
    this.env = env;
    this.operands = operands;
    this.memory = memory;
    this.functions = functions;
    this.exits = exits;
    this.arguments = arguments;
    this.dynptrs = dynptrs;
    references = new References(env);
    pointers = new KernelPointers(env, memory);
    packets = new PacketRanges(env);
    formats = new FormatStrings(env, new ConstantMaps(env, memory));
    allowed = new AllowedHelpers(env.program, env.options, env.attachment);
    gpl = License.isGplCompatible(env.program.license());
  }

  void call(long word) {
    int id = InsnWord.imm(word);
    HelperPrototype prototype = prototype(id);
    if (!gpl && prototype.gplOnly()) {
      throw env.reject(
          Errno.EINVAL, "cannot call GPL-restricted function from non-GPL compatible program");
    }
    if (id == D_PATH && !givesPath()
        || isSocketStorage(id) && !givesSocketStorage()
        || isMeasuredFile(id) && !measuresFiles()) {
      throw env.reject(Errno.EINVAL, "helper call is not allowed in probe");
    }
    if (Helpers.mightSleep(id) && !env.sleepable()) {
      throw env.reject(Errno.EINVAL, "helper call might sleep in a non-sleepable prog");
    }
    checkRegion(id);
    call.clear(id);
    call.packetAccess = prototype.packetAccess();
    for (int i = 0; i < 5; i++) {
      arguments.check(prototype, i, call);
    }
    noteMap(id);
    noteKey(id);
    int insn = env.insn;
    for (int i = 0; i < call.rawSize; i++) {
      memory.check(insn, call.rawRegister, i, 1, true, MemoryAccess.NO_REGISTER, false, false);
    }
    if (call.releaseRegister != 0) {
      release(id);
    }
    special(id);
    operands.clobberCallerSaved(env.regs());
    Reg.setSubregDef(env.regs(), 0, 0);
    setResult(id, prototype);
    MapRules.check(env, call.map, id);
    if (id == Helpers.TAIL_CALL) {
      if (env.cur.curframe > 0) {
        functions.leaveByTailCall();
        packets.forgetAll();
      }
    } else if (Helpers.changesPacketData(id) || call.changesPacket) {
      packets.forgetAll();
    }
  }

  /** Where nothing may sleep, local storage must not wait for memory either. */
  private void checkRegion(int id) {
    String region = env.cur.region();
    if (!region.isEmpty() && Helpers.mightSleep(id)) {
      throw env.reject(
          Errno.EINVAL, "sleepable helper " + Helpers.name(id) + "#" + id + " in " + region);
    }
    boolean storage = id == SK_STORAGE_GET || id == INODE_STORAGE_GET || id == TASK_STORAGE_GET;
    if ((storage || id == CGRP_STORAGE_GET) && (!region.isEmpty() || !env.sleepable())) {
      env.facts.atomicStorage[env.insn] = true;
    }
  }

  private static boolean isSocketStorage(int id) {
    return id == SK_STORAGE_GET || id == SK_STORAGE_DELETE;
  }

  private static boolean isMeasuredFile(int id) {
    return id == IMA_INODE_HASH || id == IMA_FILE_HASH;
  }

  /** bpf_ima_inode_hash_allowed. */
  private boolean measuresFiles() {
    Attachment target = env.attachment;
    return target != null && LsmHooks.maySleep(target.name());
  }

  /** Programs that trace must not trace these helpers (bpf_sk_storage_tracing_allowed). */
  private boolean givesSocketStorage() {
    Attachment target = env.attachment;
    return switch (env.program.resolvedType()) {
      case SYSCALL -> false;
      case TRACING -> target == null || !target.name().startsWith("bpf_sk_storage");
      default -> true;
    };
  }

  /** bpf_d_path_allowed: only where no lock is held that it would take. */
  private boolean givesPath() {
    Attachment target = env.attachment;
    if (target == null) {
      return false;
    }
    if (env.program.resolvedType() == ProgramType.TRACING
        && env.program.expectedAttachType() == AttachType.TRACE_ITER.number()) {
      return true;
    }
    if (env.program.resolvedType() == ProgramType.LSM) {
      return LsmHooks.maySleep(target.name());
    }
    return PATH_TARGETS.contains(target.name());
  }

  private HelperPrototype prototype(int id) {
    if (id < 0 || id >= Helpers.COUNT) {
      throw env.reject(Errno.EINVAL, "invalid func unknown#" + id);
    }
    HelperPrototype known = prototypes[id];
    if (known != null) {
      return known;
    }
    ProgramType type = env.program.resolvedType();
    if (!allowed.isKnown()) {
      throw env.unsupported("helpers of program type " + type.text());
    }
    if (!allowed.allows(id)) {
      throw env.reject(
          Errno.EINVAL, "program of this type cannot use helper " + Helpers.name(id) + "#" + id);
    }
    HelperPrototype found = HelperPrototype.of(id, type);
    if (found == null) {
      throw env.unsupported("helper " + Helpers.name(id));
    }
    prototypes[id] = found;
    return found;
  }

  // Facts for the rewrites --------------------------------------------------------------------

  /** record_func_map. */
  private void noteMap(int id) {
    switch (id) {
      case 1, 2, 3, 12, 51, 87, 88, 89, 164, 195 -> {}
      default -> {
        return;
      }
    }
    MapSpec map = env.mapOf(call.map);
    boolean writes = id == 2 || id == 3 || id == 87 || id == 88;
    if (writes && MemoryAccess.readOnlyForPrograms(map)) {
      throw env.reject(Errno.EACCES, "write into map forbidden");
    }
    env.facts.noteMap(env.insn, Env.mapFact(call.map));
  }

  /** record_func_key: a tail call with one constant index can be patched to a jump. */
  private void noteKey(int id) {
    if (id != Helpers.TAIL_CALL) {
      return;
    }
    MapSpec map = env.mapOf(call.map);
    if (map.type() != MapType.PROG_ARRAY) {
      throw env.rejectWithoutLine(Errno.EINVAL, "expected prog array map for tail call");
    }
    long[] r = env.regs();
    int at = Frame.reg(3);
    long[] keys = env.facts.constKey;
    long key = Reg.value(r, at);
    if (Reg.type(r, at) != SCALAR
        || !Reg.isConst(r, at)
        || Long.compareUnsigned(key, map.maxEntries() & 0xffffffffL) >= 0) {
      keys[env.insn] = InsnFacts.KEY_POISONED;
      return;
    }
    env.backtrack.register(3);
    if (keys[env.insn] == InsnFacts.KEY_UNSEEN) {
      keys[env.insn] = key;
    } else if (keys[env.insn] != key) {
      keys[env.insn] = InsnFacts.KEY_POISONED;
    }
  }

  // References --------------------------------------------------------------------------------

  private void release(int id) {
    if (id == SUBMIT_DYNPTR || id == DISCARD_DYNPTR) {
      dynptrs.release(call.releaseRegister);
      return;
    }
    boolean released =
        id == KPTR_XCHG && call.refObjId != 0
            ? references.move(call.refObjId)
            : call.refObjId != 0
                ? references.release(call.refObjId)
                : Reg.isNull(env.regs(), Frame.reg(call.releaseRegister));
    if (!released) {
      throw env.reject(
          Errno.EINVAL,
          "func " + Helpers.name(id) + "#" + id + " reference has not been acquired before");
    }
  }

  // Helpers with rules of their own -----------------------------------------------------------

  private void special(int id) {
    switch (id) {
      case Helpers.TAIL_CALL -> exits.checkLeak(true, "tail_call");
      case FOR_EACH -> forEach();
      case SNPRINTF -> formats.checkSnprintf();
      case LOOP -> loop();
      case GET_LOCAL_STORAGE -> {
        if (!Reg.isNull(env.regs(), Frame.reg(2))) {
          throw env.reject(Errno.EINVAL, "get_local_storage() doesn't support non-zero flags");
        }
      }
      case SET_RETVAL -> checkSetRetval();
      case GET_FUNC_IP -> checkGetFuncIp();
      case DYNPTR_FROM_MEM -> checkDynptrMemory();
      case DYNPTR_DATA -> {
        call.dynptr = dynptrs.id(1);
        call.refObjId = dynptrs.reference(1);
      }
      case DYNPTR_WRITE -> {
        int type = dynptrs.type(1);
        call.changesPacket = type == Dynptrs.SKB || type == Dynptrs.SKB_META;
      }
      case DRAIN -> drain();
      case TIMER_SET_CALLBACK -> queueTimer();
      case PER_CPU_PTR, THIS_CPU_PTR -> perCpuObject();
      case FIND_VMA -> findVma();
      default -> {}
    }
  }

  /** Its own copy of what the program allocated for every CPU. */
  private void perCpuObject() {
    if ((Reg.type(env.regs(), Frame.reg(1)) & MEM_RCU) == 0) {
      return;
    }
    Btf btf = env.btfs.of(call.structBtf);
    int kind = btf.kind(call.struct);
    if (kind != BtfKind.STRUCT && kind != BtfKind.UNION) {
      throw env.reject(Errno.EFAULT, "Helper has invalid btf/btf_id in R1");
    }
    call.perCpuObject = true;
    env.facts.perCpuObject[env.insn] = true;
  }

  private void checkDynptrMemory() {
    int type = Reg.type(env.regs(), Frame.reg(1));
    if (type != MAP_VALUE) {
      throw env.reject(
          Errno.EACCES,
          "Unsupported reg type " + RegTypeText.of(type) + " for bpf_dynptr_from_mem data");
    }
  }

  private void queueTimer() {
    WorkCallbacks.markArguments(functions.queueAsyncCallback(call.subprog, false).regs, call.map);
  }

  /** The callback gets each sample as a dynptr that is not its own. */
  private void drain() {
    Frame caller = env.cur.current();
    Frame callback = functions.queueCallback(call.subprog);
    dynptrs.markConstant(callback.regs, Frame.reg(1), Dynptrs.LOCAL);
    Reg.copy(caller.regs, Frame.reg(3), callback.regs, Frame.reg(2));
  }

  private void checkGetFuncIp() {
    ProgramType type = env.program.resolvedType();
    if (type == ProgramType.TRACING) {
      switch (AttachType.ofNumber(env.program.expectedAttachType())) {
        case TRACE_FENTRY, TRACE_FEXIT, MODIFY_RETURN -> {
          return;
        }
        case null, default ->
            throw env.reject(
                Errno.ENOTSUPP,
                "func bpf_get_func_ip#173 supported only for fentry/fexit/fmod_ret programs");
      }
    }
    if (type != ProgramType.KPROBE) {
      throw env.reject(
          Errno.ENOTSUPP,
          "func bpf_get_func_ip#173 not supported for program type " + type.number());
    }
  }

  /** What a program sets must be what it may return. */
  private void checkSetRetval() {
    Attachment target = env.attachment;
    if (env.program.resolvedType() == ProgramType.LSM
        && env.program.expectedAttachType() == AttachType.LSM_CGROUP.number()
        && target != null
        && target.returnsVoid()) {
      throw env.reject(
          Errno.EINVAL, "BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!");
    }
  }

  private void loop() {
    noteInlineLoop();
    env.backtrack.register(1);
    Frame caller = env.cur.current();
    if (Long.compareUnsigned(caller.callbackDepth, Reg.umax(caller.regs, Frame.reg(1))) >= 0) {
      caller.callbackDepth = 0;
      if (env.level2) {
        env.verbose("frame" + env.cur.curframe + " bpf_loop iteration limit reached\n");
      }
      return;
    }
    Frame callback = functions.queueCallback(call.subprog);
    // Of the index nothing is known but that it is a number.
    Reg.markUnknown(callback.regs, Frame.reg(1), false);
    Reg.copy(caller.regs, Frame.reg(3), callback.regs, Frame.reg(2));
  }

  private void noteInlineLoop() {
    int[] callback = env.facts.inlineLoopCallback;
    boolean[] fits = env.facts.inlineLoopFits;
    int insn = env.insn;
    if (callback[insn] < 0) {
      callback[insn] = call.subprog;
      fits[insn] = flagsAreZero();
    } else if (fits[insn]) {
      fits[insn] = flagsAreZero() && callback[insn] == call.subprog;
    }
  }

  private boolean flagsAreZero() {
    boolean zero = Reg.isNull(env.regs(), Frame.reg(4));
    if (zero) {
      env.backtrack.register(4);
    }
    return zero;
  }

  /** set_find_vma_callback_state. */
  private void findVma() {
    Frame caller = env.cur.current();
    Frame callback = functions.queueCallback(call.subprog);
    long[] r = callback.regs;
    Reg.copy(caller.regs, Frame.reg(1), r, Frame.reg(1));
    Reg.markPointer(r, Frame.reg(2), BTF_ID);
    int vma = arguments.structId("vm_area_struct");
    Reg.setHandles(r, Frame.reg(2), vma, BtfObjects.VMLINUX);
    Reg.copy(caller.regs, Frame.reg(4), r, Frame.reg(3));
  }

  private void forEach() {
    Frame caller = env.cur.current();
    MapType type = env.mapOf(call.map).type();
    switch (type) {
      case ARRAY, PERCPU_ARRAY, HASH, LRU_HASH, PERCPU_HASH, LRU_PERCPU_HASH -> {}
      default -> {
        functions.queueCallback(call.subprog);
        throw env.reject(Errno.ENOTSUPP, "callback function not allowed for map");
      }
    }
    Frame callback = functions.queueCallback(call.subprog);
    long[] r = callback.regs;
    Reg.copy(caller.regs, Frame.reg(1), r, Frame.reg(1));
    Reg.markPointer(r, Frame.reg(2), MAP_KEY);
    Reg.setHandle(r, Frame.reg(2), call.map);
    Reg.markPointer(r, Frame.reg(3), MAP_VALUE);
    Reg.setHandle(r, Frame.reg(3), call.map);
    Reg.copy(caller.regs, Frame.reg(3), r, Frame.reg(4));
  }

  // Results -----------------------------------------------------------------------------------

  private void setResult(int id, HelperPrototype prototype) {
    long[] r = env.regs();
    switch (prototype.result()) {
      case INTEGER -> {
        Reg.markUnknown(r, 0, false);
        refine(id);
      }
      case VOID -> Reg.setType(r, 0, NOT_INIT);
      case MAP_VALUE_OR_NULL -> {
        MapSpec map = env.mapOf(call.map);
        boolean array = map.type() == MapType.ARRAY || map.type() == MapType.PERCPU_ARRAY;
        boolean found =
            id == MAP_LOOKUP
                && array
                && call.constKey >= 0
                && call.constKey < (map.maxEntries() & 0xffffffffL);
        Reg.markPointer(r, 0, found ? MAP_VALUE : MAP_VALUE | MAYBE_NULL);
        Reg.setHandles(r, 0, call.map, call.mapUid);
        boolean locked = env.fieldsOf(call.map).has(LOCKS);
        if (!found || locked) {
          Reg.setId(r, 0, env.nextId());
        }
        if (id == MAP_LOOKUP && (map.type() == MapType.SOCKMAP || map.type() == MapType.SOCKHASH)) {
          acquire();
        }
      }
      case MAP_VALUE -> {
        Reg.markPointer(r, 0, MAP_VALUE);
        Reg.setHandles(r, 0, call.map, call.mapUid);
        if (env.fieldsOf(call.map).has(LOCKS)) {
          Reg.setId(r, 0, env.nextId());
        }
      }
      case DYNPTR_MEMORY_OR_NULL -> {
        Reg.markPointer(r, 0, MEM | MAYBE_NULL);
        Reg.setHandles(r, 0, (int) call.memSize, call.dynptr);
        Reg.setId(r, 0, env.nextId());
        Reg.setRefObjId(r, 0, call.refObjId);
      }
      case SOCKET_OR_NULL -> setSocket(id, SOCKET);
      case SOCK_COMMON_OR_NULL -> setSocket(id, SOCK_COMMON);
      case TCP_SOCK_OR_NULL -> setSocket(id, TCP_SOCK);
      case STRUCT -> struct(id, BTF_ID);
      case STRUCT_TRUSTED -> struct(id, BTF_ID | PTR_TRUSTED);
      case STRUCT_OR_NULL -> struct(id, BTF_ID | MAYBE_NULL);
      case PERCPU -> perCpu(0);
      case PERCPU_OR_NULL -> perCpu(MAYBE_NULL);
      case KPTR_OR_NULL -> {
        if (call.pointer == null) {
          throw env.bug("no kptr field");
        }
        pointers.setExchanged(call.pointer);
        env.nextId();
        acquire();
      }
      case RINGBUF_MEMORY_OR_NULL -> {
        Reg.markPointer(r, 0, MEM | MEM_RINGBUF | MAYBE_NULL);
        Reg.setHandle(r, 0, (int) call.memSize);
        env.nextId();
        acquire();
      }
    }
  }

  /** A socket that was looked up, or another view of the one that was passed. */
  private void setSocket(int id, int type) {
    long[] r = env.regs();
    Reg.markPointer(r, 0, type | MAYBE_NULL);
    Reg.setId(r, 0, env.nextId());
    switch (id) {
      case 84, 85, 99 -> acquire();
      case 95, 96 -> Reg.setRefObjId(r, 0, call.refObjId);
      default -> {}
    }
  }

  /** r0 holds a reference that must be released. */
  private void acquire() {
    long[] r = env.regs();
    int reference = env.nextId();
    env.cur.acquire(State.REF_PTR, reference, env.insn);
    Reg.setId(r, 0, reference);
    Reg.setRefObjId(r, 0, reference);
  }

  private void struct(int id, int type) {
    long[] r = env.regs();
    Reg.markPointer(r, 0, type);
    Reg.setHandles(r, 0, arguments.structId(HelperStructs.result(id)), BtfObjects.VMLINUX);
    if ((type & MAYBE_NULL) != 0) {
      Reg.setId(r, 0, env.nextId());
    }
    if (isCast(id)) {
      Reg.setRefObjId(r, 0, call.refObjId);
    }
  }

  /** is_ptr_cast_function: the result is the argument, seen as another struct. */
  private static boolean isCast(int id) {
    return switch (id) {
      case 95, 96, 136, 137, 138, 139, 140, 196 -> true;
      default -> false;
    };
  }

  /** What a per-CPU variable is on some CPU: a struct, or bytes. */
  private void perCpu(int flags) {
    long[] r = env.regs();
    Btf btf = env.btfs.of(call.structBtf);
    int type = btf.skip(call.struct, true);
    boolean struct =
        type > 0 && (btf.kind(type) == BtfKind.STRUCT || btf.kind(type) == BtfKind.UNION);
    if (struct && call.perCpuObject) {
      Reg.markPointer(r, 0, BTF_ID | MEM_ALLOC | MEM_RCU);
      Reg.setHandles(r, 0, call.struct, call.structBtf);
      return;
    }
    if (struct) {
      Reg.markPointer(r, 0, BTF_ID | flags);
      Reg.setHandles(r, 0, call.struct, call.structBtf);
    } else {
      long size = type < 0 ? -1 : btf.sizeOf(type);
      if (size < 0) {
        throw env.reject(
            Errno.EINVAL,
            "unable to resolve the size of type '" + btf.name(Math.max(type, 0)) + "': -22");
      }
      Reg.markPointer(r, 0, MEM | MEM_RDONLY | flags);
      Reg.setHandle(r, 0, (int) size);
    }
    if (flags != 0) {
      Reg.setId(r, 0, env.nextId());
    }
  }

  /** do_refine_retval_range. */
  private void refine(int id) {
    long[] r = env.regs();
    switch (id) {
      case 45, 67, 114, 115, 141 -> {
        result.load(r, 0);
        result.smax = call.maxSize;
        result.smax32 = (int) call.maxSize;
        result.smin = -MAX_ERRNO;
        result.smin32 = -MAX_ERRNO;
        ScalarBounds.sync(result);
        result.store(r, 0);
      }
      case GET_CPU -> {
        int last = env.options.host().cpus() - 1;
        result.load(r, 0);
        result.umax = last;
        result.umax32 = last;
        result.smax = last;
        result.smax32 = last;
        result.umin = 0;
        result.umin32 = 0;
        result.smin = 0;
        result.smin32 = 0;
        ScalarBounds.sync(result);
        result.store(r, 0);
      }
      default -> {}
    }
    env.scalars.check(r, 0, "retval");
  }
}

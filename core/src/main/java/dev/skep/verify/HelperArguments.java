package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.program.HelperPrototype;
import dev.skep.program.HelperPrototype.Argument;
import dev.skep.program.HelperStructs;
import dev.skep.program.Helpers;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.SpecialFields;

/** Whether the registers fit what a helper asks for (check_func_arg). */
final class HelperArguments {
  private static final int[] MEMORY_TYPES = {
    STACK,
    PACKET,
    PACKET_META,
    MAP_KEY,
    MAP_VALUE,
    MEM,
    MEM | MEM_RINGBUF,
    BUF,
    BTF_ID | PTR_TRUSTED
  };
  private static final int[] STRUCT_TYPES = {BTF_ID, BTF_ID | PTR_TRUSTED, BTF_ID | MEM_RCU};
  private static final int[] PERCPU_TYPES = {
    BTF_ID | MEM_PERCPU, BTF_ID | MEM_PERCPU | MEM_RCU, BTF_ID | MEM_PERCPU | PTR_TRUSTED
  };
  private static final int[] SCALAR_TYPES = {SCALAR};
  private static final int[] CONTEXT_TYPES = {CTX};
  private static final int[] MAP_TYPES = {CONST_PTR_TO_MAP};
  private static final int[] FUNCTION_TYPES = {FUNC};
  private static final int[] STACK_TYPES = {STACK};
  private static final int[] STRING_TYPES = {MAP_VALUE};
  private static final int[] LOCK_TYPES = {MAP_VALUE, BTF_ID | MEM_ALLOC};
  private static final int[] DYNPTR_TYPES = {STACK, RegType.DYNPTR};
  private static final int[] RINGBUF_TYPES = {MEM | MEM_RINGBUF};

  private static final int[] SOCKET_TYPES = {SOCK_COMMON, SOCKET, TCP_SOCK, XDP_SOCK};
  private static final int[] ANY_SOCKET_TYPES = {
    SOCK_COMMON, SOCKET, TCP_SOCK, XDP_SOCK, BTF_ID, BTF_ID | PTR_TRUSTED
  };
  private static final int[] FULL_SOCKET_TYPES = {SOCKET};

  private static final int SPIN_LOCK_HELPER = 93;
  private static final int NULL_ALLOWED = 1;
  private static final int READ_ONLY = 2;

  private final Env env;
  private final Operands operands;
  private final MemoryAccess memory;
  private final StackAccess stack;
  private final ConstantMaps constants;
  private final Dynptrs dynptrs;
  private final Locks locks;
  private final KernelPointers pointers;

  HelperArguments(Env env, Operands operands, MemoryAccess memory, StackAccess stack) {
    this.env = env;
    this.operands = operands;
    this.memory = memory;
    this.stack = stack;
    constants = new ConstantMaps(env, memory);
    dynptrs = new Dynptrs(env);
    locks = new Locks(env);
    pointers = new KernelPointers(env, memory);
  }

  void check(HelperPrototype prototype, int index, CallArguments call) {
    Argument kind = prototype.arguments()[index];
    int regno = index + 1;
    if (kind == Argument.NONE) {
      return;
    }
    operands.source(regno);
    if (kind == Argument.ANYTHING) {
      env.mustNotLeak(regno, "into helper function");
      return;
    }
    long[] r = env.regs();
    int at = Frame.reg(regno);
    int base = Reg.base(r, at);
    if ((base == PACKET || base == PACKET_META) && !memory.mayAccessPacket(false, call)) {
      throw env.reject(Errno.EACCES, "helper access to the packet is not allowed");
    }
    if (kind == Argument.MAP_VALUE
        || kind == Argument.MAP_VALUE_OUT
        || kind == Argument.MAP_VALUE_OR_NULL) {
      kind = resolve(kind, call);
    }
    int flags = flags(kind);
    if (!(Reg.isNull(r, at) && (flags & NULL_ALLOWED) != 0)) {
      checkType(regno, kind, flags, call);
      checkOffset(regno, kind);
    }
    if (kind == Argument.DYNPTR_RELEASED) {
      dynptrs.mustBeAcquired(regno);
      call.releaseRegister = regno;
    }
    if (releases(kind)) {
      if (Reg.refObjId(r, at) == 0 && !Reg.isNull(r, at)) {
        throw env.reject(
            Errno.EINVAL, "R" + regno + " must be referenced when passed to release function");
      }
      call.releaseRegister = regno;
    }
    int reference = Reg.refObjId(r, at);
    if (reference != 0 && kind != Argument.KPTR) {
      if (call.refObjId != 0) {
        throw env.rejectWithoutLine(
            Errno.EACCES,
            "more than one arg with ref_obj_id R" + regno + " " + reference + " " + call.refObjId);
      }
      call.refObjId = reference;
    }
    checkKind(prototype, index, kind, call);
  }

  private static boolean releases(Argument kind) {
    return kind == Argument.RINGBUF_MEMORY
        || kind == Argument.SOCKET_RELEASED
        || kind == Argument.STRUCT_RELEASED_OR_NULL;
  }

  private static int flags(Argument kind) {
    return switch (kind) {
      case CONTEXT_OR_NULL,
          STACK_OR_NULL,
          MEMORY_IN_OUT_OR_NULL,
          FULL_SOCKET_OR_NULL,
          ANY_SOCKET_OR_NULL,
          STRUCT_OR_NULL,
          STRUCT_RELEASED_OR_NULL,
          MAP_VALUE_OR_NULL ->
          NULL_ALLOWED;
      case MEMORY_OR_NULL -> NULL_ALLOWED | READ_ONLY;
      case MEMORY, IPV4_HEADER, IPV6_HEADER, TCP_HEADER -> READ_ONLY;
      default -> 0;
    };
  }

  private static int[] accepted(Argument kind) {
    return switch (kind) {
      case SIZE, SIZE_OR_ZERO, ALLOCATION_SIZE -> SCALAR_TYPES;
      case CONTEXT, CONTEXT_OR_NULL -> CONTEXT_TYPES;
      case MAP -> MAP_TYPES;
      case FUNCTION -> FUNCTION_TYPES;
      case STACK_OR_NULL -> STACK_TYPES;
      case SPIN_LOCK, KPTR -> LOCK_TYPES;
      case TIMER -> STRING_TYPES;
      case DYNPTR_LOCAL_OUT, DYNPTR_RINGBUF_OUT, DYNPTR_RELEASED, DYNPTR -> DYNPTR_TYPES;
      case CONST_STRING -> STRING_TYPES;
      case RINGBUF_MEMORY -> RINGBUF_TYPES;
      case SOCKET -> SOCKET_TYPES;
      case ANY_SOCKET, ANY_SOCKET_OR_NULL, SOCKET_RELEASED -> ANY_SOCKET_TYPES;
      case FULL_SOCKET_OR_NULL -> FULL_SOCKET_TYPES;
      case STRUCT, STRUCT_OR_NULL, STRUCT_RELEASED_OR_NULL -> STRUCT_TYPES;
      case PERCPU_STRUCT -> PERCPU_TYPES;
      default -> MEMORY_TYPES;
    };
  }

  /** What the value of a map is that holds no plain bytes (resolve_map_arg_type). */
  private Argument resolve(Argument kind, CallArguments call) {
    return switch (map(call).type()) {
      case SOCKMAP, SOCKHASH -> {
        if (kind != Argument.MAP_VALUE) {
          throw env.reject(Errno.EINVAL, "invalid arg_type for sockmap/sockhash");
        }
        yield Argument.ANY_SOCKET;
      }
      case BLOOM_FILTER -> call.helper == 89 ? Argument.MAP_VALUE : kind;
      default -> kind;
    };
  }

  private MapSpec map(CallArguments call) {
    if (call.map == CallArguments.NO_MAP) {
      throw env.bug("invalid map_ptr to access map->type");
    }
    return env.mapOf(call.map);
  }

  /** check_reg_type. */
  private void checkType(int regno, Argument kind, int flags, CallArguments call) {
    int[] accepted = accepted(kind);
    int actual = Reg.type(env.regs(), Frame.reg(regno));
    int type = actual;
    if ((flags & READ_ONLY) != 0) {
      type &= ~MEM_RDONLY;
    }
    if ((flags & NULL_ALLOWED) != 0) {
      type &= ~MAYBE_NULL;
    }
    if (RegType.base(type) == MEM) {
      type &= ~ANY_DYNPTR;
    }
    if (kind == Argument.STRUCT_RELEASED_OR_NULL && (type & MEM_ALLOC) != 0) {
      type &= ~(MEM_ALLOC | MEM_PERCPU);
    }
    requireType(regno, accepted, type);
    if (RegType.base(actual) == BTF_ID) {
      checkStruct(regno, kind, flags, call);
    }
  }

  /**
   * The type must be one of those.
   *
   * @param type the register's without flags that do not count
   */
  private void requireType(int regno, int[] accepted, int type) {
    for (int candidate : accepted) {
      if (type == candidate) {
        return;
      }
    }
    int actual = Reg.type(env.regs(), Frame.reg(regno));
    StringBuilder text = new StringBuilder("R");
    text.append(regno).append(" type=").append(RegTypeText.of(actual)).append(" expected=");
    for (int i = 0; i < accepted.length; i++) {
      text.append(i == 0 ? "" : ", ").append(RegTypeText.of(accepted[i]));
    }
    String expected = text.substring(text.indexOf("expected=") + "expected=".length());
    throw env.reject(Errno.EACCES, text.toString())
        .because(
            (actual & MAYBE_NULL) != 0
                ? new Reason.MaybeNull(regno)
                : new Reason.WrongType(regno, RegTypeText.of(actual), expected));
  }

  /** What a pointer to a struct of the kernel points to (the second half of check_reg_type). */
  private void checkStruct(int regno, Argument kind, int flags, CallArguments call) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    int type = Reg.type(r, at);
    String wanted =
        switch (kind) {
          case STRUCT, STRUCT_OR_NULL -> HelperStructs.argument(call.helper);
          case ANY_SOCKET, ANY_SOCKET_OR_NULL, SOCKET_RELEASED -> "sock_common";
          case PERCPU_STRUCT, KPTR, SPIN_LOCK -> "";
          case STRUCT_RELEASED_OR_NULL -> {
            checkReleased(regno, type, call);
            yield "";
          }
          default -> {
            checkReadOnly(regno, type, flags, call);
            yield "";
          }
        };
    if (wanted.isEmpty()) {
      return;
    }
    if ((type & MAYBE_NULL) != 0 && (flags & NULL_ALLOWED) == 0) {
      throw env.reject(Errno.EACCES, "Possibly NULL pointer passed to helper arg" + regno)
          .because(new Reason.MaybeNull(regno));
    }
    checkSame(regno, structId(wanted));
  }

  /** An argument of a global function that is a pointer to a struct of the kernel. */
  void checkStruct(int regno, int struct, boolean nullable) {
    int actual = Reg.type(env.regs(), Frame.reg(regno));
    int type = nullable ? actual & ~MAYBE_NULL : actual;
    requireType(regno, STRUCT_TYPES, type);
    checkSame(regno, struct);
    checkPlainOffset(regno);
  }

  /** What the register points to is, or begins with, a struct of that id. */
  private void checkSame(int regno, int id) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    int number = Reg.handle2(r, at);
    int struct = Reg.handle(r, at);
    if (Reg.off(r, at) == 0 && env.btfs.same(number, struct, BtfObjects.VMLINUX, id)) {
      return;
    }
    BtfWalk walk = new BtfWalk(env.log, env.btfs.of(number));
    if (!walk.holds(env.btfs, number, struct, Reg.off(r, at), BtfObjects.VMLINUX, id)) {
      throw env.reject(
          Errno.EACCES,
          "R"
              + regno
              + " is of type "
              + env.btfs.name(number, struct)
              + " but "
              + env.btfs.name(BtfObjects.VMLINUX, id)
              + " is expected");
    }
  }

  /** A reference that moves into a map. */
  private void checkReleased(int regno, int type, CallArguments call) {
    switch (type & ~(BASE_MASK | MAYBE_NULL)) {
      case 0, PTR_TRUSTED, MEM_RCU -> {
        if ((type & MAYBE_NULL) != 0) {
          throw env.reject(Errno.EACCES, "Possibly NULL pointer passed to helper arg" + regno);
        }
      }
      case MEM_ALLOC, MEM_ALLOC | MEM_PERCPU -> {
        if ((type & MAYBE_NULL) != 0) {
          throw unexpected();
        }
      }
      default -> throw unexpected();
    }
    SpecialFields.Field field = call.pointer;
    if (field == null) {
      throw env.bug("no kptr field");
    }
    pointers.checkStored(field, regno);
  }

  /** What the kernel calls a mistake of its own. */
  private Rejection unexpected() {
    return env.reject(Errno.EFAULT, "verifier bug: invalid PTR_TO_BTF_ID register for type match");
  }

  private void checkReadOnly(int regno, int type, int flags, CallArguments call) {
    if ((flags & READ_ONLY) == 0) {
      throw env.reject(
          Errno.EACCES,
          Helpers.name(call.helper)
              + "() may write into memory pointed by R"
              + regno
              + " type="
              + RegTypeText.of(type));
    }
  }

  /** The id of a struct of the kernel. */
  int structId(String name) {
    return env.btfs.kernelStruct(name);
  }

  /** check_func_arg_reg_off. */
  private void checkOffset(int regno, Argument kind) {
    if (releases(kind)) {
      checkReleasedOffset(regno);
    } else {
      checkPlainOffset(regno);
    }
  }

  /** A pointer whose reference is given back must be the one that was acquired. */
  void checkReleasedOffset(int regno) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (Reg.off(r, at) != 0) {
      throw env.reject(
          Errno.EINVAL,
          "R"
              + regno
              + " must have zero offset when passed to release func or trusted arg to kfunc");
    }
    memory.checkUnmodified(r, at, regno, false);
  }

  /** Pointers that nothing may have been added to (check_func_arg_reg_off without a kind). */
  void checkPlainOffset(int regno) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    switch (Reg.type(r, at)) {
      case STACK,
          PACKET,
          PACKET_META,
          MAP_KEY,
          MAP_VALUE,
          MEM,
          MEM | MEM_RDONLY,
          MEM | MEM_RINGBUF,
          BUF,
          BUF | MEM_RDONLY,
          ARENA,
          SCALAR -> {}
      case BTF_ID,
          BTF_ID | MEM_ALLOC,
          BTF_ID | PTR_TRUSTED,
          BTF_ID | MEM_RCU,
          BTF_ID | MEM_ALLOC | NON_OWN_REF,
          BTF_ID | MEM_ALLOC | NON_OWN_REF | MEM_RCU ->
          memory.checkUnmodified(r, at, regno, true);
      default -> memory.checkUnmodified(r, at, regno, false);
    }
  }

  private void checkKind(HelperPrototype prototype, int index, Argument kind, CallArguments call) {
    int regno = index + 1;
    long[] r = env.regs();
    int at = Frame.reg(regno);
    switch (kind) {
      case KPTR -> exchanged(regno, call);
      case SPIN_LOCK -> {
        if (GraphCallbacks.inLessFunction(env)) {
          throw env.reject(Errno.EACCES, "can't spin_{lock,unlock} in rbtree cb");
        }
        locks.check(regno, call.helper == SPIN_LOCK_HELPER, State.REF_LOCK);
      }
      case TIMER -> {
        locks.place(regno, SpecialFields.TIMER);
        call.map = Reg.handle(r, at);
        call.mapUid = Reg.handle2(r, at);
      }
      case MAP -> {
        if (call.map != CallArguments.NO_MAP
            && (call.map != Reg.handle(r, at) || call.mapUid != Reg.handle2(r, at))) {
          throw env.reject(
              Errno.EINVAL,
              "timer pointer in R1 map_uid="
                  + call.mapUid
                  + " doesn't match map pointer in R2 map_uid="
                  + Reg.handle2(r, at));
        }
        call.map = Reg.handle(r, at);
        call.mapUid = Reg.handle2(r, at);
      }
      case MAP_KEY -> checkKey(regno, call);
      case MAP_VALUE, MAP_VALUE_OUT -> {
        boolean out = kind == Argument.MAP_VALUE_OUT;
        call.rawMode = out;
        checkMemory(regno, map(call).valueSize(), out, false, call);
      }
      case PERCPU_STRUCT -> {
        call.struct = Reg.handle(r, at);
        call.structBtf = Reg.handle2(r, at);
      }
      case DYNPTR_LOCAL_OUT -> dynptrs.initialise(regno, Dynptrs.LOCAL, 0, memory);
      case DYNPTR_RINGBUF_OUT -> dynptrs.initialise(regno, Dynptrs.RINGBUF, 0, memory);
      case DYNPTR_RELEASED -> dynptrs.use(regno, false, Dynptrs.RINGBUF);
      case DYNPTR -> dynptrs.use(regno, true, 0);
      case FUNCTION -> call.subprog = Reg.handle(r, at);
      case MEMORY, MEMORY_OR_NULL, MEMORY_IN_OUT, MEMORY_IN_OUT_OR_NULL -> call.rawMode = false;
      case MEMORY_OUT -> call.rawMode = true;
      case MAP_VALUE_OR_NULL -> {
        if (!Reg.isNull(r, at)) {
          call.rawMode = false;
          checkMemory(regno, map(call).valueSize(), false, false, call);
        }
      }
      case IPV4_HEADER, TCP_HEADER -> checkMemory(regno, 20, false, false, call);
      case IPV6_HEADER -> checkMemory(regno, 40, false, false, call);
      case INT_IN_OUT -> fixedSize(regno, 4, false, call);
      case LONG_OUT -> fixedSize(regno, 8, true, call);
      case SIZE -> checkSize(prototype, index, false, call);
      case SIZE_OR_ZERO -> checkSize(prototype, index, true, call);
      case ALLOCATION_SIZE -> {
        if (!Reg.isConst(r, at)) {
          throw env.reject(Errno.EACCES, "R" + regno + " is not a known constant'");
        }
        call.memSize = Reg.value(r, at);
        env.backtrack.register(regno);
      }
      case CONST_STRING -> constants.checkString(regno);
      default -> {}
    }
  }

  private void exchanged(int regno, CallArguments call) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    SpecialFields fields;
    if (Reg.base(r, at) == MAP_VALUE) {
      call.map = Reg.handle(r, at);
      MapSpec map = env.mapOf(call.map);
      if (map.btf() == null) {
        throw env.reject(
            Errno.EINVAL,
            "map '" + env.mapName(call.map) + "' has to have BTF in order to use bpf_kptr_xchg");
      }
      fields = env.fieldsOf(call.map);
    } else {
      fields = env.recordOf(r, at);
    }
    call.pointer = pointers.exchanged(regno, fields);
  }

  private void fixedSize(int regno, int size, boolean raw, CallArguments call) {
    call.rawMode = raw;
    checkMemory(regno, size, true, false, call);
    memory.checkAlignment(env.regs(), Frame.reg(regno), 0, size, true);
  }

  private void checkKey(int regno, CallArguments call) {
    MapSpec map = map(call);
    checkMemory(regno, map.keySize(), false, false, null);
    if (map.type() == MapType.ARRAY || map.type() == MapType.PERCPU_ARRAY) {
      call.constKey = constantKey(regno, map.keySize());
    }
  }

  /** The key if it is a constant on the stack (get_constant_map_key), else -1. */
  private long constantKey(int regno, int size) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (Reg.type(r, at) != STACK || !Reg.isConst(r, at)) {
      return -1;
    }
    Frame frame = env.cur.frame(Reg.frame(r, at));
    int slot = -(Reg.off(r, at) + (int) Reg.value(r, at)) - 1;
    int spi = slot / 8;
    long types = frame.types(spi);
    int zeros = 0;
    for (int i = slot % 8; i >= 0 && StackSlot.type(types, i) == StackSlot.ZERO; i--) {
      zeros++;
    }
    if (zeros >= size) {
      return 0;
    }
    int from = Frame.spill(spi);
    if (!StackSlot.isSpilled(types) || Reg.type(frame.spilledView(spi), from) != SCALAR) {
      return -1;
    }
    int spills = 0;
    for (int i = slot % 8; i >= 0 && StackSlot.type(types, i) == StackSlot.SPILL; i--) {
      spills++;
    }
    if (spills != size || !Reg.isConst(frame.spilledView(spi), from)) {
      return -1;
    }
    env.backtrack.slot(Reg.frame(r, at), spi);
    return Reg.value(frame.spilledView(spi), from);
  }

  /** check_mem_size_reg: the memory is the argument before. */
  private void checkSize(
      HelperPrototype prototype, int index, boolean zeroAllowed, CallArguments call) {
    boolean write =
        switch (prototype.arguments()[index - 1]) {
          case MEMORY_OUT, MEMORY_IN_OUT_OR_NULL, MEMORY_IN_OUT -> true;
          default -> false;
        };
    checkSized(index + 1, write, zeroAllowed, call);
  }

  /** The memory before a size in a register. */
  void checkSized(int regno, boolean write, boolean zeroAllowed, CallArguments call) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    call.maxSize = Reg.umax(r, at);
    if (Reg.smin(r, at) < 0) {
      throw env.reject(
          Errno.EACCES,
          "R" + regno + " min value is negative, either use unsigned or 'var &= const'");
    }
    if (Reg.umin(r, at) == 0 && !zeroAllowed) {
      throw env.reject(
          Errno.EACCES,
          "R"
              + regno
              + " invalid zero-sized read: u64=["
              + Reg.umin(r, at)
              + ","
              + Reg.umax(r, at)
              + "]");
    }
    if (Long.compareUnsigned(Reg.umax(r, at), Env.MAX_VARIABLE) >= 0) {
      throw env.reject(
          Errno.EACCES,
          "R" + regno + " unbounded memory access, use 'var &= const' or 'if (var < const)'");
    }
    checkMemory(
        regno - 1, (int) Reg.umax(r, at), write, zeroAllowed, Reg.isConst(r, at) ? call : null);
    env.backtrack.register(regno);
  }

  /**
   * check_helper_mem_access.
   *
   * @param raw where to note stack memory that the helper fills; null if it must be initialised
   */
  void checkMemory(
      int regno,
      int size,
      boolean write,
      boolean zeroAllowed,
      @org.jspecify.annotations.Nullable CallArguments raw) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    int type = Reg.type(r, at);
    int off = Reg.off(r, at);
    switch (RegType.base(type)) {
      case PACKET, PACKET_META -> memory.checkPacket(regno, off, size, zeroAllowed);
      case MAP_KEY -> {
        if (write) {
          throw cannotWrite(regno, type);
        }
        memory.checkRegion(regno, off, size, env.map(r, at).keySize(), false);
      }
      case MAP_VALUE -> {
        memory.checkMapDirection(regno, off, size, write);
        memory.checkRegion(regno, off, size, memory.valueSize(r, at), zeroAllowed);
        memory.checkFields(regno, off, size, false);
      }
      case MEM -> {
        if (write && (type & MEM_RDONLY) != 0) {
          throw cannotWrite(regno, type);
        }
        memory.checkRegion(regno, off, size, Reg.handle(r, at) & 0xffffffffL, zeroAllowed);
      }
      case STACK -> stack.checkRange(regno, off, size, zeroAllowed, write, raw);
      case BUF -> {
        if (write && (type & MEM_RDONLY) != 0) {
          throw cannotWrite(regno, type);
        }
        memory.checkBuffer(r, at, regno, off, size);
      }
      case BTF_ID -> memory.checkStruct(regno, off, size);
      case CTX -> context(regno, type, size, write, zeroAllowed);
      default -> {
        if (zeroAllowed && size == 0 && Reg.isNull(r, at)) {
          return;
        }
        throw env.reject(
            Errno.EACCES, "R" + regno + " type=" + RegTypeText.of(type) + " expected=fp");
      }
    }
  }

  /** A context is memory where programs see it as it is. */
  private void context(int regno, int type, int size, boolean write, boolean zeroAllowed) {
    if (ContextTypes.isConverted(env.program.resolvedType())) {
      throw env.reject(
          Errno.EACCES, "R" + regno + " type=" + RegTypeText.of(type) + " expected=fp");
    }
    if (size == 0) {
      if (!zeroAllowed) {
        throw new Rejection(Errno.EACCES);
      }
      return;
    }
    int last = size - 1;
    memory.check(env.insn, regno, last, 1, write, MemoryAccess.NO_REGISTER, false, false);
  }

  private Rejection cannotWrite(int regno, int type) {
    return env.reject(Errno.EACCES, "R" + regno + " cannot write into " + RegTypeText.of(type));
  }
}

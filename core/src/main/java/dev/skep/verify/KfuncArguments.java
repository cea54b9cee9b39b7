package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.program.Kfunc;
import dev.skep.program.SpecialFields;

/** Whether the registers fit what a kfunc asks for (check_kfunc_args). */
final class KfuncArguments {
  private static final int MAX_ARGUMENTS = 5;

  /** BPF_REG_TRUSTED_MODIFIERS. */
  private static final int TRUSTED_FLAGS = MEM_ALLOC | PTR_TRUSTED | NON_OWN_REF;

  private final Env env;
  private final HelperArguments helperArguments;
  private final MemoryAccess memory;
  private final ConstantMaps constants;
  private final Dynptrs dynptrs;
  private final Iterators iterators;
  private final IrqFlags irqFlags;
  private final GraphArguments graphs;
  private final WorkArguments works;
  private final CallArguments sizes = new CallArguments();

  KfuncArguments(
      Env env,
      HelperArguments helperArguments,
      MemoryAccess memory,
      Dynptrs dynptrs,
      Iterators iterators) {
    this.env = env;
    this.helperArguments = helperArguments;
    this.memory = memory;
    this.dynptrs = dynptrs;
    this.iterators = iterators;
    constants = new ConstantMaps(env, memory);
    irqFlags = new IrqFlags(env, memory);
    graphs = new GraphArguments(env);
    works = new WorkArguments(env);
  }

  void check(CalledKfuncs.Called kfunc, KfuncCall call) {
    int count = kfunc.parameters();
    if (count > MAX_ARGUMENTS) {
      throw env.reject(Errno.EINVAL, "Function " + kfunc.name() + " has " + count + " > 5 args");
    }
    for (int i = 0; i < count; i++) {
      KfuncParameter parameter = KfuncParameter.of(kfunc, i);
      if (parameter.has("__prog")) {
        env.facts.programArgument[env.insn] = (byte) (i + 1);
        continue;
      }
      if (parameter.has("__ign")) {
        continue;
      }
      if (parameter.isNumber()) {
        number(parameter, i + 1, call);
      } else if (!parameter.isPointer()) {
        throw env.reject(
            Errno.EINVAL,
            "Unrecognized arg#" + i + " type " + BtfKind.name(kfunc.btf().kind(parameter.type())));
      } else if (pointer(kfunc, parameter, i, count, call)) {
        i++;
      }
    }
    if (kfunc.rules().releases() && call.releaseRegister == 0) {
      throw env.reject(
          Errno.EINVAL,
          "release kernel function " + kfunc.name() + " expects refcounted PTR_TO_BTF_ID");
    }
  }

  // Numbers -----------------------------------------------------------------------------------

  private void number(KfuncParameter parameter, int regno, KfuncCall call) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (Reg.type(r, at) != SCALAR) {
      throw env.reject(Errno.EINVAL, "R" + regno + " is not a scalar");
    }
    boolean readOnly = parameter.name().equals("rdonly_buf_size");
    if (parameter.has("__k")) {
      mustBeConstant(regno);
      env.backtrack.register(regno);
      call.hasConstant = true;
      call.constant = Reg.value(r, at);
    } else if (readOnly || parameter.name().equals("rdwr_buf_size")) {
      if (!Reg.isConst(r, at)) {
        throw env.reject(Errno.EINVAL, "R" + regno + " is not a const");
      }
      call.resultReadOnly = readOnly;
      call.resultSize = Reg.value(r, at);
      env.backtrack.register(regno);
    }
  }

  private void mustBeConstant(int regno) {
    if (!Reg.isConst(env.regs(), Frame.reg(regno))) {
      throw env.reject(Errno.EINVAL, "R" + regno + " must be a known constant");
    }
  }

  // Pointers ----------------------------------------------------------------------------------

  /** Returns whether the next argument, the size of this one, was judged too. */
  private boolean pointer(
      CalledKfuncs.Called kfunc, KfuncParameter parameter, int i, int count, KfuncCall call) {
    int regno = i + 1;
    long[] r = env.regs();
    int at = Frame.reg(regno);
    Kfunc rules = kfunc.rules();
    boolean isNull = Reg.isNull(r, at);
    if ((rules.trustedArguments() || rules.rcuArguments())
        && (isNull || (Reg.type(r, at) & MAYBE_NULL) != 0)
        && !parameter.mayBeNull()) {
      throw env.reject(Errno.EACCES, "Possibly NULL pointer passed to trusted arg" + i)
          .because(new Reason.MaybeNull(i + 1));
    }
    int reference = Reg.refObjId(r, at);
    if (reference != 0) {
      if (rules.releases() && call.refObjId != 0) {
        throw env.bug("more than one arg with ref_obj_id");
      }
      call.refObjId = reference;
      if (rules.releases()) {
        call.releaseRegister = regno;
      }
    }
    if (kfunc.name().equals("bpf_cast_to_kern_ctx") || ContextTypes.isContext(env, parameter)) {
      checkOffset(regno, rules);
      context(kfunc, i, call);
    } else if (isNull && parameter.mayBeNull()) {
      return false;
    } else if (graph(kfunc, parameter, i, call)) {
      return false;
    } else if (parameter.isWork()) {
      checkOffset(regno, rules);
      work(kfunc, parameter, regno, call);
    } else if (parameter.isDynptr()) {
      checkOffset(regno, rules);
      dynptr(kfunc, parameter, regno, call);
    } else if (isIterator(rules, parameter, i)) {
      checkOffset(regno, rules);
      iterators.check(kfunc, regno, call, memory);
    } else if (parameter.has("__str")) {
      checkOffset(regno, rules);
      string(regno);
    } else if (parameter.has("__map")) {
      map(kfunc, parameter, i, call);
    } else if (parameter.has("__irq_flag")) {
      checkOffset(regno, rules);
      irqFlags.check(kfunc.name(), regno);
    } else if (isStruct(Reg.type(r, at))) {
      struct(kfunc, parameter, i);
    } else if (parameter.isFunction()) {
      checkOffset(regno, rules);
      callback(i, call);
    } else {
      return memory(kfunc, parameter, i, count, call);
    }
    return false;
  }

  /** Objects that programs allocate, and the lists and trees that hold them. */
  private boolean graph(
      CalledKfuncs.Called kfunc, KfuncParameter parameter, int i, KfuncCall call) {
    if (!parameter.isGraph()) {
      return false;
    }
    boolean object = parameter.has("__alloc");
    if (object) {
      checkTrust(i + 1, kfunc.rules());
    }
    checkOffset(i + 1, kfunc.rules());
    if (object) {
      graphs.object(kfunc, i, call);
    } else if (parameter.has("__refcounted_kptr")) {
      graphs.counted(i, call);
    } else if (parameter.is("bpf_list_head")) {
      graphs.root(i, SpecialFields.LIST_HEAD, call);
    } else if (parameter.is("bpf_list_node")) {
      graphs.ownedNode(i, SpecialFields.LIST_NODE, call);
    } else if (parameter.is("bpf_rb_root")) {
      graphs.root(i, SpecialFields.RB_ROOT, call);
    } else if (kfunc.name().equals("bpf_rbtree_add_impl")) {
      graphs.ownedNode(i, SpecialFields.RB_NODE, call);
    } else {
      graphs.nodeInTree(kfunc, i, call);
    }
    return true;
  }

  private void work(
      CalledKfuncs.Called kfunc, KfuncParameter parameter, int regno, KfuncCall call) {
    if (parameter.is("bpf_wq")) {
      works.work(regno, SpecialFields.WORKQUEUE, call);
    } else if (parameter.is("bpf_task_work")) {
      works.work(regno, SpecialFields.TASK_WORK, call);
    } else {
      works.lock(regno, kfunc.name());
    }
  }

  private void callback(int i, KfuncCall call) {
    long[] r = env.regs();
    int at = Frame.reg(i + 1);
    if (Reg.type(r, at) != FUNC) {
      throw env.reject(Errno.EINVAL, "arg" + i + " expected pointer to func");
    }
    call.subprog = Reg.handle(r, at);
  }

  private static boolean isIterator(Kfunc rules, KfuncParameter parameter, int i) {
    boolean steps = rules.beginsIteration() || rules.stepsIteration() || rules.endsIteration();
    return steps && i == 0 || parameter.has("__iter");
  }

  /** Registers that stand for structs of the kernel. */
  private static boolean isStruct(int type) {
    return switch (RegType.base(type)) {
      case BTF_ID, SOCKET, SOCK_COMMON, TCP_SOCK, CONST_PTR_TO_MAP -> true;
      default -> false;
    };
  }

  private void checkOffset(int regno, Kfunc rules) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (rules.releases() && Reg.refObjId(r, at) != 0) {
      helperArguments.checkReleasedOffset(regno);
    } else {
      helperArguments.checkPlainOffset(regno);
    }
  }

  private void context(CalledKfuncs.Called kfunc, int i, KfuncCall call) {
    int type = Reg.type(env.regs(), Frame.reg(i + 1));
    if (type != CTX) {
      throw env.reject(
          Errno.EINVAL, "arg#" + i + " expected pointer to ctx, but got " + RegTypeText.of(type));
    }
    if (kfunc.name().equals("bpf_cast_to_kern_ctx")) {
      String name = ContextTypes.kernelContextName(env.program.resolvedType());
      int id = name.isEmpty() ? -1 : kfunc.btf().find(name, BtfKind.STRUCT);
      if (id < 0) {
        throw env.unsupported("kfunc bpf_cast_to_kern_ctx in this type of program");
      }
      call.contextType = id;
    }
  }

  private void dynptr(
      CalledKfuncs.Called kfunc, KfuncParameter parameter, int regno, KfuncCall call) {
    int type =
        switch (kfunc.name()) {
          case "bpf_dynptr_from_skb" -> Dynptrs.SKB;
          case "bpf_dynptr_from_xdp" -> Dynptrs.XDP;
          case "bpf_dynptr_from_skb_meta" -> Dynptrs.SKB_META;
          case "bpf_dynptr_clone" -> parameter.isUninitialised() ? call.dynptrType : 0;
          default -> 0;
        };
    if (parameter.isUninitialised()) {
      boolean clone = kfunc.name().equals("bpf_dynptr_clone");
      dynptrs.initialise(regno, type, clone ? call.dynptrRef : 0, memory);
      return;
    }
    boolean constant = Reg.type(env.regs(), Frame.reg(regno)) == DYNPTR;
    dynptrs.use(regno, constant, type);
    call.dynptrId = dynptrs.id(regno);
    call.dynptrType = dynptrs.type(regno);
    call.dynptrRef = dynptrs.reference(regno);
  }

  private void string(int regno) {
    if (Reg.type(env.regs(), Frame.reg(regno)) != MAP_VALUE) {
      throw env.reject(Errno.EINVAL, "arg#" + (regno - 1) + " doesn't point to a const string");
    }
    constants.checkString(regno);
  }

  private void map(CalledKfuncs.Called kfunc, KfuncParameter parameter, int i, KfuncCall call) {
    int regno = i + 1;
    works.map(regno, call);
    checkTrust(regno, kfunc.rules());
    checkOffset(regno, kfunc.rules());
    mustBeStruct(regno);
    sameStruct(kfunc, parameter.pointingTo(env.btfs.kernelStruct("bpf_map")), i);
  }

  /** Whether a register is a pointer that stands for a struct of the kernel. */
  private void mustBeStruct(int regno) {
    int type = Reg.type(env.regs(), Frame.reg(regno));
    boolean unsafe = hasUnsafeFlags(type) && (type & MEM_RCU) == 0;
    if (RegType.base(type) == BTF_ID ? unsafe : !isStruct(type)) {
      int expected = type & (BASE_MASK | TRUSTED_FLAGS);
      throw env.reject(
          Errno.EINVAL,
          "arg#"
              + (regno - 1)
              + " is "
              + RegTypeText.of(type)
              + " expected "
              + RegTypeText.of(expected)
              + " or socket");
    }
  }

  // Structs of the kernel ---------------------------------------------------------------------

  private void struct(CalledKfuncs.Called kfunc, KfuncParameter parameter, int i) {
    int regno = i + 1;
    Kfunc rules = kfunc.rules();
    if (!parameter.isStruct()) {
      throw env.reject(
          Errno.EINVAL,
          "kernel function "
              + kfunc.name()
              + " args#"
              + i
              + " pointer type "
              + parameter.targetText()
              + " is not supported");
    }
    checkTrust(regno, rules);
    checkOffset(regno, rules);
    mustBeStruct(regno);
    sameStruct(kfunc, parameter, i);
  }

  private void checkTrust(int regno, Kfunc rules) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (!rules.trustedArguments() && !rules.rcuArguments() || isTrusted(r, at)) {
      return;
    }
    if (!rules.rcuArguments()) {
      throw env.reject(Errno.EINVAL, "R" + regno + " must be referenced or trusted");
    }
    if ((Reg.type(r, at) & MEM_RCU) == 0) {
      throw env.reject(Errno.EINVAL, "R" + regno + " must be a rcu pointer");
    }
  }

  /** is_trusted_reg. */
  private static boolean isTrusted(long[] r, int at) {
    int type = Reg.type(r, at);
    if (RegType.base(type) == BTF_ID) {
      return BtfAccess.isTrusted(r, at);
    }
    boolean known = isStruct(type) || (type & TRUSTED_FLAGS) != 0;
    return Reg.refObjId(r, at) != 0 || known && !hasUnsafeFlags(type);
  }

  private static boolean hasUnsafeFlags(int type) {
    return (type & ~(BASE_MASK | TRUSTED_FLAGS)) != 0;
  }

  /** process_kf_arg_ptr_to_btf_id. */
  private void sameStruct(CalledKfuncs.Called kfunc, KfuncParameter parameter, int i) {
    long[] r = env.regs();
    int at = Frame.reg(i + 1);
    Btf kernel = kfunc.btf();
    boolean btfId = Reg.base(r, at) == BTF_ID;
    int number = btfId ? Reg.handle2(r, at) : BtfObjects.VMLINUX;
    Btf btf = btfId ? env.btfs.of(number) : kernel;
    int held = btf.skip(btfId ? Reg.handle(r, at) : kernel.find(name(r, at), BtfKind.STRUCT), true);
    boolean strict =
        kfunc.rules().releases() && Reg.refObjId(r, at) != 0
            || noCastAlias(btf, held, kernel, parameter.target());
    boolean exact =
        Reg.off(r, at) == 0 && env.btfs.same(number, held, BtfObjects.VMLINUX, parameter.target());
    boolean same =
        exact
            || !strict
                && new BtfWalk(env.log, btf)
                    .holds(
                        env.btfs,
                        number,
                        held,
                        Reg.off(r, at),
                        BtfObjects.VMLINUX,
                        parameter.target());
    String wanted = kernel.name(parameter.target());
    if (!same && !ContextTypes.isProjection(wanted, btf.name(held))) {
      throw env.reject(
          Errno.EINVAL,
          "kernel function "
              + kfunc.name()
              + " args#"
              + i
              + " expected pointer to "
              + parameter.targetText()
              + " but R"
              + (i + 1)
              + " has a pointer to "
              + BtfKind.name(btf.kind(held))
              + " "
              + btf.name(held));
    }
  }

  /** The kernel's struct behind a register that is no pointer by BTF (reg2btf_ids). */
  private static String name(long[] r, int at) {
    return switch (Reg.base(r, at)) {
      case SOCKET -> "sock";
      case SOCK_COMMON -> "sock_common";
      case TCP_SOCK -> "tcp_sock";
      default -> "bpf_map";
    };
  }

  /** Whether one struct is the other's "___init" flavor (btf_type_ids_nocast_alias). */
  private static boolean noCastAlias(Btf a, int left, Btf b, int right) {
    String x = a.name(left);
    String y = b.name(right);
    return x.equals(y + "___init") || y.equals(x + "___init");
  }

  // Memory ------------------------------------------------------------------------------------

  private boolean memory(
      CalledKfuncs.Called kfunc, KfuncParameter parameter, int i, int count, KfuncCall call) {
    int regno = i + 1;
    boolean sized = false;
    boolean constantSize = false;
    if (i + 1 < count) {
      KfuncParameter next = KfuncParameter.of(kfunc, i + 1);
      boolean number = next.isNumber() && Reg.type(env.regs(), Frame.reg(regno + 1)) == SCALAR;
      constantSize = number && next.has("__szk");
      sized = number && next.has("__sz") || constantSize;
    }
    boolean anything = sized && parameter.target() == 0;
    if (!parameter.isPlainMemory(env.log) && !anything) {
      throw env.reject(
          Errno.EINVAL,
          "arg#"
              + i
              + " pointer type "
              + parameter.targetText()
              + " must point to "
              + (sized ? "void, " : "")
              + "scalar, or struct with scalar");
    }
    checkOffset(regno, kfunc.rules());
    if (!sized) {
      fixedMemory(parameter, regno);
      return false;
    }
    boolean absent = Reg.isNull(env.regs(), Frame.reg(regno)) && parameter.has("__opt");
    if (!absent) {
      sizedMemory(regno + 1);
    }
    if (constantSize) {
      mustBeConstant(regno + 1);
      call.hasConstant = true;
      call.constant = Reg.value(env.regs(), Frame.reg(regno + 1));
    }
    return true;
  }

  /** check_mem_reg. */
  private void fixedMemory(KfuncParameter parameter, int regno) {
    long size = parameter.btf().sizeOf(parameter.target());
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (Reg.isNull(r, at)) {
      return;
    }
    int type = Reg.type(r, at);
    Reg.setType(r, at, type & ~MAYBE_NULL);
    helperArguments.checkMemory(regno, (int) size, false, true, null);
    helperArguments.checkMemory(regno, (int) size, true, true, null);
    Reg.setType(r, at, type);
  }

  /** check_kfunc_mem_size_reg. */
  private void sizedMemory(int regno) {
    long[] r = env.regs();
    int at = Frame.reg(regno - 1);
    int type = Reg.type(r, at);
    sizes.clear(0);
    Reg.setType(r, at, type & ~MAYBE_NULL);
    try {
      helperArguments.checkSized(regno, false, true, sizes);
      helperArguments.checkSized(regno, true, true, sizes);
    } catch (Rejection bad) {
      throw env.reject(
          bad.errno(),
          "arg#"
              + (regno - 2)
              + " arg#"
              + (regno - 1)
              + " memory, len pair leads to invalid memory access");
    }
    Reg.setType(r, at, type);
  }
}

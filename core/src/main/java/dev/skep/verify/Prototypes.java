package dev.skep.verify;

import dev.skep.errors.Errno;
import org.jspecify.annotations.Nullable;

/**
 * What BTF says of the arguments of subprograms (btf_prepare_func_args): a global function is
 * verified once, for anything that fits its prototype, and its callers must pass what fits.
 */
final class Prototypes {
  /** {@link Subprog#argKinds}: a number. */
  static final int SCALAR = 1;

  /** The program's context. */
  static final int CONTEXT = 2;

  /** Memory of a known size, which may be null. */
  static final int MEMORY_OR_NULL = 3;

  /** Memory of a known size. */
  static final int MEMORY = 4;

  /** A dynptr that is not to be changed. */
  static final int DYNPTR = 5;

  /** A trusted pointer to a struct of the kernel: {@link Subprog#argSizes} holds its id. */
  static final int TRUSTED = 6;

  static final int TRUSTED_OR_NULL = 7;

  /** Anything, used as a pointer to a struct of the kernel that may be wrong. */
  static final int UNTRUSTED = 8;

  /** Anything, used as a pointer to memory that may not be there. */
  static final int UNTRUSTED_MEMORY = 9;

  /** A pointer into the arena, or a number. */
  static final int ARENA = 10;

  private final Env env;
  private final HelperArguments arguments;
  private final Dynptrs dynptrs;
  private final PrototypeReader reader;

  Prototypes(Env env, HelperArguments arguments) {
    this.env = env;
    this.arguments = arguments;
    dynptrs = new Dynptrs(env);
    reader = new PrototypeReader(env);
  }

  // Entries -----------------------------------------------------------------------------------

  /**
   * The main program takes the context, whatever BTF says; if it says otherwise, it is not trusted.
   */
  void enterMain() {
    if (env.program.funcInfo().isEmpty()) {
      return;
    }
    Subprog main = env.subprogs[0];
    try {
      reader.prepare(main);
      main.unreliable = main.argKinds.length != 1 || main.argKinds[0] != CONTEXT;
    } catch (Rejection ignored) {
      env.message = "";
      main.unreliable = true;
    }
  }

  /** Sets the arguments of a global function to anything that its prototype allows. */
  void enter(int number, Frame frame) {
    Subprog subprog = env.subprogs[number];
    reader.prepare(subprog);
    if (subprog.exceptionCallback) {
      frame.inExceptionCallback = true;
      if (subprog.argKinds.length != 1 || subprog.argKinds[0] != SCALAR) {
        throw env.reject(Errno.EINVAL, "exception cb only supports single integer argument");
      }
    }
    for (int i = 0; i < subprog.argKinds.length; i++) {
      enter(subprog.argKinds[i], subprog.argSizes[i], frame.regs, Frame.reg(i + 1));
    }
  }

  private void enter(int kind, int size, long[] r, int at) {
    switch (kind) {
      case SCALAR, ARENA -> Reg.markUnknown(r, at, false);
      case CONTEXT -> Reg.markPointer(r, at, RegType.CTX);
      case DYNPTR -> dynptrs.markConstant(r, at, Dynptrs.LOCAL);
      case UNTRUSTED_MEMORY ->
          Reg.markPointer(r, at, RegType.MEM | RegType.MEM_RDONLY | RegType.PTR_UNTRUSTED);
      case TRUSTED -> enterStruct(r, at, RegType.PTR_TRUSTED, size);
      case TRUSTED_OR_NULL -> enterStruct(r, at, RegType.PTR_TRUSTED | RegType.MAYBE_NULL, size);
      case UNTRUSTED -> enterStruct(r, at, RegType.PTR_UNTRUSTED, size);
      default -> {
        boolean mayBeNull = kind == MEMORY_OR_NULL;
        Reg.markPointer(r, at, RegType.MEM | (mayBeNull ? RegType.MAYBE_NULL : 0));
        Reg.setHandle(r, at, size);
        if (mayBeNull) {
          Reg.setId(r, at, env.nextId());
        }
      }
    }
  }

  private void enterStruct(long[] r, int at, int flags, int struct) {
    Reg.markPointer(r, at, RegType.BTF_ID | flags);
    Reg.setHandles(r, at, struct, BtfObjects.VMLINUX);
    Reg.setId(r, at, env.nextId());
  }

  // Calls -------------------------------------------------------------------------------------

  /**
   * Compares the caller's registers with the prototype (btf_check_subprog_call). A function that
   * was called with something else is not trusted from then on.
   *
   * @return null when they fit
   */
  @Nullable Rejection checkCall(Subprog callee) {
    if (env.program.funcInfo().isEmpty() || callee.unreliable) {
      return new Rejection(Errno.EINVAL);
    }
    try {
      reader.prepare(callee);
      for (int i = 0; i < callee.argKinds.length; i++) {
        checkArgument(callee, i);
      }
      return null;
    } catch (Rejection mismatch) {
      callee.unreliable = true;
      env.message = "";
      if (mismatch.errno() == Errno.EFAULT) {
        throw mismatch;
      }
      return mismatch;
    }
  }

  private void checkArgument(Subprog callee, int i) {
    int regno = i + 1;
    long[] r = env.regs();
    int at = Frame.reg(regno);
    switch (callee.argKinds[i]) {
      case SCALAR -> {
        if (Reg.type(r, at) != RegType.SCALAR) {
          throw env.reject(Errno.EINVAL, "R" + regno + " is not a scalar");
        }
      }
      case UNTRUSTED, UNTRUSTED_MEMORY -> {}
      case ARENA -> {
        if (Reg.type(r, at) != RegType.ARENA && Reg.type(r, at) != RegType.SCALAR) {
          throw env.reject(Errno.EINVAL, "R" + regno + " is not a pointer to arena or scalar.");
        }
      }
      case TRUSTED -> arguments.checkStruct(regno, callee.argSizes[i], false);
      case TRUSTED_OR_NULL -> {
        if (!Reg.isNull(r, at)) {
          arguments.checkStruct(regno, callee.argSizes[i], true);
        }
      }
      case DYNPTR -> {
        arguments.checkPlainOffset(regno);
        dynptrs.use(regno, true, 0);
      }
      case CONTEXT -> {
        arguments.checkPlainOffset(regno);
        if (Reg.type(r, at) != RegType.CTX) {
          throw env.reject(Errno.EINVAL, "arg#" + i + " expects pointer to ctx");
        }
      }
      default -> {
        arguments.checkPlainOffset(regno);
        checkMemory(regno, callee.argSizes[i]);
        if (callee.argKinds[i] == MEMORY && (Reg.type(r, at) & RegType.MAYBE_NULL) != 0) {
          throw env.reject(Errno.EINVAL, "arg#" + i + " is expected to be non-NULL");
        }
      }
    }
  }

  /** check_mem_reg: readable and writable, as if it were not null. */
  private void checkMemory(int regno, int size) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (Reg.isNull(r, at)) {
      return;
    }
    int type = Reg.type(r, at);
    if (RegType.base(type) == RegType.MAP_VALUE && (type & RegType.MAYBE_NULL) != 0) {
      switch (env.map(r, at).type()) {
        case ARRAY_OF_MAPS, HASH_OF_MAPS, XSKMAP, SOCKMAP, SOCKHASH ->
            throw env.unsupported("elements of special maps as arguments of global functions");
        default -> {}
      }
    }
    Reg.setType(r, at, type & ~RegType.MAYBE_NULL);
    try {
      arguments.checkMemory(regno, size, false, true, null);
      arguments.checkMemory(regno, size, true, true, null);
    } catch (Rejection bad) {
      throw new Rejection(Errno.EINVAL);
    } finally {
      Reg.setType(r, at, type);
    }
  }
}

package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.program.AttachType;
import dev.skep.program.ProgramType;
import org.jspecify.annotations.Nullable;

/**
 * Loads from a context that holds the arguments of the function a program is attached to, 8 bytes
 * each, and behind them its result (btf_ctx_access). What was found is in the fields.
 *
 * <pre>
 *   offset   0      8      16    ..   8 * n
 *            arg0   arg1   arg2       result (fexit, lsm; fmod_ret)
 * </pre>
 */
final class BtfContext {
  /** MAX_BPF_FUNC_ARGS. */
  static final int MAX_ARGUMENTS = 12;

  /** MAX_BPF_FUNC_REG_ARGS: what is assumed of a function whose BTF cannot be relied on. */
  private static final int REGISTER_ARGUMENTS = 5;

  private final Env env;
  private final Attachment target;
  private final @Nullable AttachType attach;

  /** The {@link RegType} of what is loaded. */
  int type;

  /** The struct it points to, of the BTF {@link #number}. */
  int typeId;

  int number;

  /** Whether a larger struct is meant than the one that the log names. */
  private boolean promoted;

  /** Id of the reference that the program was given with it, 0 for none. */
  int reference;

  /** Whether it is the value that the hook returned. */
  boolean result;

  BtfContext(Env env, Attachment target) {
    this.env = env;
    this.target = target;
    attach =
        env.program.type() == ProgramType.STRUCT_OPS
            ? AttachType.STRUCT_OPS
            : AttachType.ofNumber(env.program.expectedAttachType());
  }

  /** The function that it is attached to. */
  String name() {
    return target.name();
  }

  /** Whether the load is allowed; if not the log says why. */
  boolean check(int off, int size, boolean write) {
    boolean allowed = load(off, size, write);
    if (promoted) {
      typeId = target.btf().find("tcp_sock", BtfKind.STRUCT);
    }
    return allowed;
  }

  private boolean load(int off, int size, boolean write) {
    type = SCALAR;
    typeId = 0;
    number = target.number();
    result = false;
    reference = 0;
    promoted = false;
    if (off < 0 || off >= 8 * MAX_ARGUMENTS || write || off % size != 0) {
      return false;
    }
    if (off % 8 != 0) {
      return say("func '" + target.name() + "' offset " + off + " is not multiple of 8");
    }
    Btf btf = target.btf();
    int proto = target.proto();
    int index = argumentAt(off);
    int skipped = target.tracepoint() ? 1 : 0;
    int count = proto == 0 ? REGISTER_ARGUMENTS : btf.vlen(proto) - skipped;
    if (index > count) {
      return missing(index);
    }
    if (index == count) {
      return result(index, size);
    }
    return proto == 0
        || value(btf.paramType(proto, index + skipped), index, off, size, index + skipped);
  }

  private boolean say(String why) {
    env.verbose(why + "\n");
    return false;
  }

  private boolean missing(int index) {
    return say("func '" + target.name() + "' doesn't have " + (index + 1) + "-th argument");
  }

  /** The argument that an offset lies in (btf_ctx_arg_idx); one more is the result. */
  private int argumentAt(int off) {
    int proto = target.proto();
    if (proto == 0) {
      return off / 8;
    }
    Btf btf = target.btf();
    int end = 0;
    int count = btf.vlen(proto);
    for (int i = 0; i < count; i++) {
      end += slot(btf, btf.paramType(proto, i));
      if (off < end) {
        return i;
      }
    }
    end += slot(btf, btf.target(proto));
    return off < end ? count : count + 1;
  }

  private static int slot(Btf btf, int type) {
    int behind = btf.skip(type, true);
    if (behind <= 0) {
      return 0;
    }
    return btf.kind(behind) == BtfKind.PTR ? 8 : btf.size(behind) + 7 & -8;
  }

  private boolean result(int index, int size) {
    int proto = target.proto();
    Btf btf = target.btf();
    return switch (attach) {
      case LSM_MAC, LSM_CGROUP, TRACE_FEXIT -> {
        result = attach == AttachType.LSM_MAC;
        yield proto == 0 || value(btf.target(proto), index, 8 * index, size, -1);
      }
      case MODIFY_RETURN -> proto != 0 && modified(btf, btf.skip(btf.target(proto), true));
      case null, default -> missing(index);
    };
  }

  /** Only functions that return an int can be given another result. */
  private boolean modified(Btf btf, int type) {
    return isSmallInt(btf, type)
        || say(
            "ret type " + BtfKind.name(btf.kind(Math.max(type, 0))) + " not allowed for fmod_ret");
  }

  private static boolean isSmallInt(Btf btf, int type) {
    return type > 0 && btf.kind(type) == BtfKind.INT && btf.size(type) <= 8;
  }

  /**
   * @param param index of the parameter in the prototype, -1 for the result
   */
  private boolean value(int declared, int index, int off, int size, int param) {
    Btf btf = target.btf();
    int behind = btf.skip(declared, true);
    int kind = behind < 0 ? BtfKind.VOID : btf.kind(behind);
    if (isSmallInt(btf, behind)
        || kind == BtfKind.ENUM
        || kind == BtfKind.ENUM64
        || kind == BtfKind.STRUCT
        || kind == BtfKind.UNION) {
      return true;
    }
    if (kind != BtfKind.PTR) {
      return say(
          "func '"
              + target.name()
              + "' arg"
              + index
              + " '"
              + (behind <= 0 ? "(anon)" : name(btf, behind))
              + "' has type "
              + (kind == BtfKind.VOID ? "UNKNOWN" : BtfKind.name(kind))
              + ". Only pointer access is allowed");
    }
    if (size != 8) {
      return say("func '" + target.name() + "' size " + size + " must be 8");
    }
    for (Attachment.Argument known : target.arguments()) {
      if (known.offset() == off && RegType.base(known.type()) == BUF) {
        type = known.type();
        return true;
      }
    }
    if (isBytes(btf, behind)) {
      return true;
    }
    for (Attachment.Argument known : target.arguments()) {
      if (known.offset() == off) {
        type = known.type();
        typeId = known.typeId();
        number = attach == AttachType.STRUCT_OPS ? target.number() : BtfObjects.VMLINUX;
        reference = env.argumentReferences[off / 8];
        return true;
      }
    }
    return pointer(btf, behind, index, param);
  }

  private static String name(Btf btf, int type) {
    return btf.nameOffset(type) == 0 ? "(anon)" : btf.name(type);
  }

  /** A pointer that is no better than a number: to void or an integer. */
  private static boolean isBytes(Btf btf, int pointer) {
    int to = btf.skip(btf.target(pointer), true);
    return to == 0 || to > 0 && btf.kind(to) == BtfKind.INT;
  }

  private boolean pointer(Btf btf, int pointer, int index, int param) {
    boolean mayBeError = false;
    type = BTF_ID | (areTrusted() ? PTR_TRUSTED : 0);
    if (param >= 0
        && btf.string(btf.paramNameOffset(target.proto(), param)).endsWith("__nullable")) {
      type |= MAYBE_NULL;
    }
    if (attach == AttachType.TRACE_RAW_TP) {
      int nibble = TracepointNulls.of(target.name(), index, BtfObjects.isModule(number));
      type |= (nibble & 1) != 0 ? MAYBE_NULL : 0;
      mayBeError = (nibble & 2) != 0;
    }
    if (env.program.attachProgram() != null) {
      throw env.unsupported("contexts of traced programs as arguments");
    }
    int to = btf.target(pointer);
    type |= BtfWalk.tagFlag(btf, to) & (MEM_USER | MEM_PERCPU);
    to = btf.skip(to, true);
    int kind = btf.kind(Math.max(to, 0));
    if (kind != BtfKind.STRUCT && kind != BtfKind.UNION) {
      return say(
          "func '"
              + target.name()
              + "' arg"
              + index
              + " type "
              + (kind == BtfKind.VOID ? "UNKNOWN" : BtfKind.name(kind))
              + " is not a struct");
    }
    typeId = to;
    promote(btf);
    env.verbose("func '" + target.name() + "' arg" + index + " has btf_id " + to + " type ");
    env.verbose(BtfKind.name(kind) + " '" + name(btf, to) + "'\n");
    if (mayBeError) {
      env.verbose("marking pointer arg" + index + " as scalar as it may encode error\n");
      type = SCALAR;
    }
    return true;
  }

  /** A congestion control gets struct tcp_sock where its prototype says struct sock. */
  private void promote(Btf btf) {
    promoted =
        env.program.type() == ProgramType.STRUCT_OPS
            && target.btf().name(target.typeId()).equals("tcp_congestion_ops")
            && btf.name(typeId).equals("sock")
            && (type & ~(BASE_MASK | PTR_TRUSTED)) == 0;
  }

  /** prog_args_trusted. */
  private boolean areTrusted() {
    return switch (env.program.type()) {
      case TRACING -> attach == AttachType.TRACE_RAW_TP || attach == AttachType.TRACE_ITER;
      case LSM -> LsmHooks.givesTrusted(target.name());
      case STRUCT_OPS -> true;
      default -> false;
    };
  }
}

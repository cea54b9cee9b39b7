package dev.skep.verify;

import static dev.skep.errors.Errno.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.UnsupportedException;
import dev.skep.program.AttachTarget;
import dev.skep.program.AttachType;
import dev.skep.program.License;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether a program may sleep and may be attached to its target (check_attach_btf_id,
 * bpf_check_attach_target).
 */
final class AttachChecks {
  private static final String TRACEPOINT_PREFIX = "btf_trace_";

  private final Program program;
  private final BtfObjects btfs;
  private final VerifierOptions options;
  private final VerifierLog log;

  private final @Nullable Extension extension;

  private AttachChecks(
      Program program,
      VerifierOptions options,
      BtfObjects btfs,
      @Nullable Extension extension,
      VerifierLog log) {
    this.program = program;
    this.options = options;
    this.btfs = btfs;
    this.extension = extension;
    this.log = log;
  }

  /**
   * What the program is attached to; null for types that attach without BTF.
   *
   * @param extension what is known of a program that is to replace a function of another one
   */
  static @Nullable Attachment check(
      Program program,
      VerifierOptions options,
      BtfObjects btfs,
      @Nullable Extension extension,
      VerifierLog log) {
    return new AttachChecks(program, options, btfs, extension, log).check();
  }

  /**
   * What libbpf says before it asks the kernel: a target that is only known by name must be there.
   */
  static void checkName(Program program, VerifierOptions options, VerifierLog log) {
    String name = program.attachTo();
    Program other = program.attachProgram();
    if (!AttachTarget.isNeeded(program.type()) || program.attachBtfId() != 0) {
      return;
    }
    if (other != null) {
      checkFunction(program, other, log);
      return;
    }
    if (name == null) {
      return;
    }
    if (program.type() == ProgramType.EXT) {
      log.add("attach program FD is not set\n");
      throw new Rejection(EINVAL);
    }
    if (options.kernel().vmlinux() == null) {
      throw withoutTypes(program);
    }
    if (AttachTarget.find(program, options.kernel()) == null) {
      log.add("failed to find kernel BTF type ID of '").add(name).add("': -3\n");
      throw new Rejection(ESRCH);
    }
  }

  /** libbpf_find_prog_btf_id. */
  private static void checkFunction(Program program, Program target, VerifierLog log) {
    if (target.btf() == null) {
      log.add("The target program doesn't have BTF\n");
      throw new Rejection(EINVAL);
    }
    if (AttachTarget.inProgram(program, target) == 0) {
      log.add(String.valueOf(program.attachTo())).add(" is not found in prog's BTF\n");
      throw new Rejection(ENOENT);
    }
  }

  private static UnsupportedException withoutTypes(Program program) {
    return new UnsupportedException(
        "programs of type " + program.type().text() + " without the kernel's BTF");
  }

  private Rejection refuse(int errno, String why) {
    log.add(why).line();
    return new Rejection(errno);
  }

  private @Nullable Attachment check() {
    boolean sleepable = LoadChecks.sleepable(program);
    if (program.type() == ProgramType.SYSCALL) {
      if (!sleepable) {
        throw refuse(EINVAL, "Syscall programs can only be sleepable");
      }
      return null;
    }
    if (sleepable && !maySleep()) {
      throw refuse(
          EINVAL,
          "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be"
              + " sleepable");
    }
    return switch (program.type()) {
      case STRUCT_OPS -> StructOpsTargets.check(program, options, btfs, log);
      case TRACING, LSM, EXT -> target();
      default -> null;
    };
  }

  private @Nullable AttachType attachType() {
    return AttachType.ofNumber(program.expectedAttachType());
  }

  /** can_be_sleepable. */
  private boolean maySleep() {
    return switch (program.type()) {
      case TRACING ->
          switch (attachType()) {
            case TRACE_FENTRY, TRACE_FEXIT, MODIFY_RETURN, TRACE_ITER -> true;
            case null, default -> false;
          };
      case LSM, KPROBE, STRUCT_OPS -> true;
      default -> false;
    };
  }

  /** An extension has no attachment of its own: it gets its target's context. */
  private @Nullable Attachment otherProgram() {
    Extension replacement = extension;
    if (replacement == null) {
      throw new UnsupportedException("programs that trace other programs");
    }
    ExtensionChecks checks = new ExtensionChecks(replacement, log);
    int function = checks.check();
    Btf btf = replacement.targetBtf();
    distill(btf, btf.target(function), btf.name(function));
    checks.checkSupported();
    return null;
  }

  private @Nullable Attachment target() {
    if (program.attachProgram() != null) {
      return otherProgram();
    }
    AttachTarget found = AttachTarget.find(program, options.kernel());
    if (found == null || found.typeId() == 0) {
      if (options.kernel().vmlinux() == null && program.type() != ProgramType.EXT) {
        throw withoutTypes(program);
      }
      throw refuse(EINVAL, "Tracing programs must provide btf_id");
    }
    Btf btf = found.btf();
    int id = found.typeId();
    if (!btf.hasType(id)) {
      throw refuse(EINVAL, "attach_btf_id " + id + " is invalid");
    }
    if (btf.nameOffset(id) == 0) {
      throw refuse(EINVAL, "attach_btf_id " + id + " doesn't have a name");
    }
    if (program.type() == ProgramType.EXT) {
      throw refuse(EINVAL, "Cannot replace kernel functions");
    }
    int number = btfs.numberOf(found.module());
    AttachType attach = attachType();
    return switch (attach) {
      case TRACE_RAW_TP -> tracepoint(btf, number, id);
      case TRACE_ITER -> iterator(btf, number, id);
      case MODIFY_RETURN, LSM_MAC, LSM_CGROUP, TRACE_FENTRY, TRACE_FEXIT ->
          function(btf, number, id, attach);
      case null, default -> throw new Rejection(EINVAL);
    };
  }

  private Attachment tracepoint(Btf btf, int number, int id) {
    String type = btf.name(id);
    if (btf.kind(id) != BtfKind.TYPEDEF) {
      throw refuse(EINVAL, "attach_btf_id " + id + " is not a typedef");
    }
    if (!type.startsWith(TRACEPOINT_PREFIX)) {
      throw refuse(EINVAL, "attach_btf_id " + id + " points to wrong type name " + type);
    }
    String name = type.substring(TRACEPOINT_PREFIX.length());
    // The typedef's prototype has no names; events of a class share another function's.
    int function = btf.find("__bpf_trace_" + name, BtfKind.FUNC);
    int proto = function != 0 ? btf.target(function) : btf.target(btf.target(id));
    if (btf.kind(proto) != BtfKind.FUNC_PROTO) {
      throw new Rejection(EINVAL);
    }
    return new Attachment(btf, number, id, name, proto, true, List.of());
  }

  private int prototypeOf(Btf btf, int id) {
    if (btf.kind(id) != BtfKind.FUNC) {
      throw refuse(EINVAL, "attach_btf_id " + id + " is not a function");
    }
    return btf.target(id);
  }

  private Attachment iterator(Btf btf, int number, int id) {
    int proto = prototypeOf(btf, id);
    String name = btf.name(id);
    distill(btf, proto, name);
    List<Attachment.Argument> arguments =
        name.startsWith(IteratorTargets.PREFIX) ? IteratorTargets.of(name, btf) : null;
    if (arguments == null) {
      throw new Rejection(EINVAL);
    }
    return new Attachment(btf, number, id, name, proto, false, arguments);
  }

  private Attachment function(Btf btf, int number, int id, AttachType attach) {
    int proto = prototypeOf(btf, id);
    String name = btf.name(id);
    distill(btf, proto, name);
    if (!options.kernel().hasSymbol(name)) {
      throw refuse(ENOENT, "The address of function " + name + " cannot be found");
    }
    if (LoadChecks.sleepable(program)) {
      boolean lsm = program.type() == ProgramType.LSM;
      if (!(lsm ? LsmHooks.maySleep(name) : TracedFunctions.maySleep(name))) {
        throw refuse(EINVAL, name + " is not sleepable");
      }
    } else if (attach == AttachType.MODIFY_RETURN && !TracedFunctions.isModifiable(name)) {
      throw refuse(EINVAL, name + "() is not modifiable");
    }
    if (program.type() == ProgramType.LSM) {
      checkHook(id, name);
    } else if (TracedFunctions.isDenied(name)) {
      throw refuse(EINVAL, "Attaching tracing programs to function '" + name + "' is rejected.");
    } else if (attach != AttachType.TRACE_FENTRY && TracedFunctions.neverReturns(name)) {
      throw refuse(
          EINVAL, "Attaching fexit/fmod_ret to __noreturn function '" + name + "' is rejected.");
    }
    return new Attachment(btf, number, id, name, proto, false, List.of());
  }

  /** bpf_lsm_verify_prog. */
  private void checkHook(int id, String name) {
    if (!License.isGplCompatible(program.license())) {
      throw refuse(EINVAL, "LSM programs must have a GPL compatible license");
    }
    if (LsmHooks.isDisabled(name)) {
      throw refuse(EINVAL, "attach_btf_id " + id + " points to disabled hook " + name);
    }
    if (!name.startsWith(LsmHooks.PREFIX)) {
      throw refuse(EINVAL, "attach_btf_id " + id + " points to wrong type name " + name);
    }
  }

  /** Whether a trampoline can pass the arguments on. */
  private void distill(Btf btf, int proto, String name) {
    String why = CallableFunctions.refusal(btf, proto, name);
    if (!why.isEmpty()) {
      throw refuse(EINVAL, why);
    }
  }
}

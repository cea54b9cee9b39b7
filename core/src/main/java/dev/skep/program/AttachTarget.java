package dev.skep.program;

import static dev.skep.program.AttachType.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import org.jspecify.annotations.Nullable;

/**
 * The type that a program of type tracing, lsm, struct_ops or ext attaches to: what libbpf finds by
 * name and BPF_PROG_LOAD takes as attach_btf_id.
 *
 * @param module the module whose BTF it is, or null for vmlinux's
 * @param btf the BTF that {@code typeId} belongs to
 * @param typeId a FUNC; for tp_btf the TYPEDEF btf_trace_NAME; for struct_ops the STRUCT
 */
public record AttachTarget(@Nullable String module, Btf btf, int typeId) {

  /** Whether BPF_PROG_LOAD needs a type to attach to for programs of that type. */
  public static boolean isNeeded(ProgramType type) {
    return switch (type) {
      case TRACING, LSM, EXT, STRUCT_OPS -> true;
      default -> false;
    };
  }

  /**
   * Finds a program's target in the kernel (libbpf_find_attach_btf_id): by {@link
   * Program#attachBtfId} where it is given, else by {@link Program#attachTo}, which may begin with
   * "vmlinux:" or a module's name and a colon.
   *
   * @return null if there is none, or the target is another program
   */
  public static @Nullable AttachTarget find(Program program, KernelTypes kernel) {
    if (!isNeeded(program.type()) || program.attachProgram() != null) {
      return null;
    }
    Btf vmlinux = kernel.vmlinux();
    if (vmlinux == null) {
      return null;
    }
    if (program.attachBtfId() != 0) {
      return byId(program, vmlinux, kernel);
    }
    String name = program.attachTo();
    return name == null ? null : byName(program, name, vmlinux, kernel);
  }

  /**
   * The function of another program that a program attaches to: a FUNC of the other's BTF, by
   * {@link Program#attachBtfId}, by {@link Program#attachTo}, or else its main function.
   *
   * @return 0 if the other program's BTF has none of that name
   */
  public static int inProgram(Program program, Program target) {
    if (program.attachBtfId() != 0) {
      return program.attachBtfId();
    }
    return inProgram(target, program.attachTo() == null ? target.name() : program.attachTo());
  }

  /** The function of that name of a program: a FUNC of its BTF, or 0. */
  public static int inProgram(Program target, String function) {
    Btf btf = target.btf();
    return btf == null ? 0 : btf.find(function, BtfKind.FUNC);
  }

  private static @Nullable AttachTarget byId(Program program, Btf vmlinux, KernelTypes kernel) {
    int id = program.attachBtfId();
    String module = program.attachModule();
    if (module == null) {
      return new AttachTarget(null, vmlinux, id);
    }
    for (KernelTypes.Module candidate : kernel.modules()) {
      if (candidate.name().equals(module)) {
        return new AttachTarget(module, candidate.btf(), id);
      }
    }
    return null;
  }

  private static @Nullable AttachTarget byName(
      Program program, String target, Btf vmlinux, KernelTypes kernel) {
    int colon = target.indexOf(':');
    String module = colon < 0 ? null : target.substring(0, colon);
    String name = prefix(program) + target.substring(colon + 1);
    int kind = kind(program);
    if (module == null || module.equals("vmlinux")) {
      int id = vmlinux.find(name, kind);
      if (id != 0 || module != null) {
        return id == 0 ? null : new AttachTarget(null, vmlinux, id);
      }
    }
    for (KernelTypes.Module candidate : kernel.modules()) {
      int id =
          module == null || module.equals(candidate.name()) ? candidate.btf().find(name, kind) : 0;
      if (id != 0) {
        return new AttachTarget(candidate.name(), candidate.btf(), id);
      }
    }
    return null;
  }

  /** What the kernel's name has in front (btf_get_kernel_prefix_kind). */
  private static String prefix(Program program) {
    AttachType attach = AttachType.ofNumber(program.expectedAttachType());
    return switch (program.type()) {
      case TRACING ->
          attach == TRACE_RAW_TP ? "btf_trace_" : attach == TRACE_ITER ? "bpf_iter_" : "";
      case LSM -> "bpf_lsm_";
      default -> "";
    };
  }

  private static int kind(Program program) {
    if (program.type() == ProgramType.STRUCT_OPS) {
      return BtfKind.STRUCT;
    }
    boolean tracepoint =
        program.type() == ProgramType.TRACING
            && program.expectedAttachType() == TRACE_RAW_TP.number();
    return tracepoint ? BtfKind.TYPEDEF : BtfKind.FUNC;
  }
}

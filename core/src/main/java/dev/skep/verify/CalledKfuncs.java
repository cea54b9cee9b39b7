package dev.skep.verify;

import static dev.skep.errors.Errno.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.program.Helpers;
import dev.skep.program.KernelTypes;
import dev.skep.program.Kfunc;
import dev.skep.program.License;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The kernel functions that a program calls, with their prototypes from the kernel's BTF. */
final class CalledKfuncs {
  /** MAX_KFUNC_DESCS. */
  private static final int MAX = 256;

  /**
   * One of them.
   *
   * @param known flags and allowed types; null where no program may call it
   * @param proto its FUNC_PROTO in the kernel's BTF
   */
  record Called(int id, String name, @Nullable Kfunc known, Btf btf, int proto) {
    int parameters() {
      return btf.vlen(proto);
    }

    /** The rules for calling it; only for one that {@link CalledKfuncs#isAllowed}. */
    Kfunc rules() {
      if (known == null) {
        throw new IllegalStateException("kfunc " + name);
      }
      return known;
    }
  }

  private final Program program;
  private ProgramType type;
  private final KernelTypes kernel;
  private final Map<Integer, Called> called = new HashMap<>();

  CalledKfuncs(Program program, KernelTypes kernel) {
    this.program = program;
    type = program.type();
    this.kernel = kernel;
  }

  /** From here on an extension is of its target's type: the target was found fit. */
  void resolveType() {
    type = program.resolvedType();
  }

  /** Takes up one call (add_kfunc_call). */
  void add(long word, VerifierLog log) {
    int id = InsnWord.imm(word);
    if (!License.isGplCompatible(program.license())) {
      throw refuse(log, "cannot call kernel function from non-GPL compatible program", EINVAL);
    }
    if (InsnWord.off(word) != 0) {
      refuseModule(InsnWord.off(word), log);
    }
    if (id == 0 || called.containsKey(id)) {
      return;
    }
    if (called.size() == MAX) {
      throw refuse(log, "too many different kernel function calls", E2BIG);
    }
    Btf btf = kernel.vmlinux();
    if (btf == null) {
      throw new UnsupportedException("kfunc calls without the kernel's BTF");
    }
    if (!btf.hasType(id) || btf.kind(id) != BtfKind.FUNC) {
      throw refuse(
          log, "kernel btf_id " + Integer.toUnsignedString(id) + " is not a function", EINVAL);
    }
    String name = btf.name(id);
    int proto = btf.target(id);
    if (!btf.hasType(proto) || btf.kind(proto) != BtfKind.FUNC_PROTO) {
      throw refuse(
          log,
          "kernel function btf_id "
              + Integer.toUnsignedString(id)
              + " does not have a valid func_proto",
          EINVAL);
    }
    if (!kernel.hasSymbol(name)) {
      throw refuse(log, "cannot find address for kernel function " + name, EINVAL);
    }
    if (name.startsWith("bpf_xdp_metadata_rx_")) {
      throw refuse(log, "metadata kfuncs require device-bound program", EINVAL);
    }
    String why = CallableFunctions.refusal(btf, proto, name);
    if (!why.isEmpty()) {
      throw refuse(log, why, EINVAL);
    }
    called.put(id, new Called(id, name, Kfunc.ofName(name), btf, proto));
  }

  /** What a call's off says of a descriptor that is none of a module (find_kfunc_desc_btf). */
  private void refuseModule(int index, VerifierLog log) {
    boolean map = index < program.maps().size();
    boolean none = program.maps().isEmpty() && program.modules().isEmpty();
    if (index >= 0 && !map && !none) {
      throw new UnsupportedException("kernel functions of modules");
    }
    String why =
        index < 0
            ? "negative offset disallowed for kernel module function call"
            : none
                ? "kfunc offset > 0 without fd_array is invalid"
                : "invalid module BTF fd specified";
    log.add(why).line();
    throw refuse(
        log, "failed to find BTF for kernel function", index > 0 && none ? EPROTO : EINVAL);
  }

  private static Rejection refuse(VerifierLog log, String why, int errno) {
    log.add(why).line();
    return new Rejection(errno);
  }

  /** What a call instruction calls, or null for one that is known to no BTF. */
  @Nullable Called at(long word) {
    return called.get(InsnWord.imm(word));
  }

  /** Whether the program's type may call it (btf_kfunc_id_set_contains). */
  boolean isAllowed(Called kfunc) {
    return kfunc.known() != null && kfunc.known().isAllowed(type, program.expectedAttachType());
  }

  /** The rules of a call, or null where the call will be refused (fetch_kfunc_meta). */
  @Nullable Kfunc rules(long word) {
    Called kfunc = Subprogs.isKfuncCall(word) ? at(word) : null;
    return kfunc != null && isAllowed(kfunc) ? kfunc.known() : null;
  }

  /** What the log calls the target of a call. */
  @Nullable String name(long word) {
    if (InsnWord.src(word) == 0) {
      return Helpers.name(InsnWord.imm(word));
    }
    Called kfunc = Subprogs.isKfuncCall(word) ? at(word) : null;
    if (kfunc == null && Subprogs.isKfuncCall(word) && InsnWord.imm(word) == 0) {
      return ""; // the name of the type without a name
    }
    return kfunc == null ? null : kfunc.name();
  }
}

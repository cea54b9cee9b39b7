package dev.skep.verify;

import dev.skep.program.AttachedHelpers;
import dev.skep.program.Helpers;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import org.jspecify.annotations.Nullable;

/** The helpers that one program may call, by its type and what it is attached to. */
final class AllowedHelpers {
  private final Program program;
  private final @Nullable Attachment attachment;

  private final boolean guarded;

  AllowedHelpers(Program program, VerifierOptions options, @Nullable Attachment attachment) {
    this.program = program;
    guarded = !options.host().perfmon();
    this.attachment = attachment;
  }

  ProgramType type() {
    return program.resolvedType();
  }

  /** Whether anything is known of the type. */
  boolean isKnown() {
    return attachment != null || Helpers.isMeasured(program.resolvedType());
  }

  boolean allows(int id) {
    if (guarded && observesKernel(id)) {
      return false;
    }
    Attachment target = attachment;
    if (target == null || !AttachedHelpers.has(program.resolvedType())) {
      return Helpers.isAllowed(id, program.resolvedType(), LoadChecks.attachType(program));
    }
    boolean structOps = program.resolvedType() == ProgramType.STRUCT_OPS;
    return id >= 0
        && id < Helpers.COUNT
        && AttachedHelpers.isAllowed(
            id,
            program.resolvedType(),
            program.expectedAttachType(),
            target.name(),
            structOps ? target.btf().name(target.typeId()) : "");
  }

  /** Helpers for loaders with CAP_PERFMON only (bpf_base_func_proto). */
  private static boolean observesKernel(int id) {
    return switch (id) {
      case 6,
          16,
          22,
          35,
          55,
          109,
          112,
          113,
          114,
          115,
          117,
          136,
          137,
          138,
          139,
          140,
          141,
          148,
          149,
          158,
          165,
          166,
          175,
          176,
          177,
          178,
          180,
          191,
          196 ->
          true;
      default -> false;
    };
  }
}

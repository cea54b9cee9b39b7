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

  AllowedHelpers(Program program, @Nullable Attachment attachment) {
    this.program = program;
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
}

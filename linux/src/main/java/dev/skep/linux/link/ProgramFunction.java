package dev.skep.linux.link;

import dev.skep.engine.Freplace;
import dev.skep.engine.Link;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.LinkLayout;
import dev.skep.program.AttachTarget;

/** A function of a program in the kernel, for an extension to replace (Linux 5.10). */
record ProgramFunction(Freplace place) implements KernelAttachPoint {
  Link attach(Attachee program) {
    int target = Attachee.fdOf(place.program());
    int function = AttachTarget.inProgram(place.program().program(), place.function());
    if (function == 0) {
      throw new BpfErrnoException(
          Errno.ENOENT, program.what(this), place.function() + " is not found in prog's BTF");
    }
    int result =
        program.create(
            target, 0, 0, attr -> attr.putInt(LinkLayout.Create.TARGET_BTF_ID, function));
    return program.link(this, result);
  }

  @Override
  public String describe() {
    return place.describe();
  }
}

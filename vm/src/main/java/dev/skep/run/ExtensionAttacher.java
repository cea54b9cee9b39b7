package dev.skep.run;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.engine.Freplace;
import dev.skep.engine.Link;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.program.AttachTarget;
import dev.skep.program.Program;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.Verifier;
import org.jspecify.annotations.Nullable;

/**
 * How an extension gets to the functions that it replaces (bpf_tracing_prog_attach). It may be
 * attached to several; the one that it was loaded for is known only until it is attached first.
 */
final class ExtensionAttacher {
  private final VmProgram extension;
  private final VerifiedProgram verified;

  /** What it was loaded for, with a reference, until it is attached. */
  private @Nullable VmProgram first;

  private final int firstType;

  ExtensionAttacher(VmProgram extension, VerifiedProgram verified) {
    this.extension = extension;
    this.verified = verified;
    Program program = verified.program();
    Program extended = program.attachProgram();
    firstType = extended == null ? 0 : AttachTarget.inProgram(program, extended);
    VmProgram loaded = extension.vm().programs().extendedBy(program);
    first = loaded != null && loaded.retain() ? loaded : null;
  }

  /** To the function that it was loaded for. */
  synchronized Link attach() {
    VmProgram target = first;
    if (target == null) {
      throw new BpfErrnoException(
          Errno.EINVAL,
          "attach of program \"" + verified.program().name() + "\"",
          "the program that it was loaded for is not known here or not any more; say which"
              + " function it replaces (Freplace)");
    }
    String function = asBtf(target, "").name(firstType);
    return link(target, firstType, Freplace.of(target, function));
  }

  /** To a function of a program. */
  synchronized Link attach(Freplace place) {
    if (!(place.program() instanceof VmProgram target) || target.vm() != extension.vm()) {
      throw new IllegalArgumentException("another engine's: " + place.describe());
    }
    String what = what(place);
    int type = asBtf(target, what).find(place.function(), BtfKind.FUNC);
    if (type == 0) {
      throw new BpfErrnoException(
          Errno.ENOENT, what, place.function() + " is not found in prog's BTF");
    }
    if (target != first || type != firstType) {
      check(target, type, what);
    }
    return link(target, type, place);
  }

  private String what(Freplace place) {
    return "attach of program \"" + verified.program().name() + "\" to " + place.describe();
  }

  private static Btf asBtf(VmProgram target, String what) {
    Btf btf = target.program().btf();
    if (btf == null) {
      throw new BpfErrnoException(Errno.EINVAL, what, "the target program doesn't have BTF");
    }
    return btf;
  }

  private void check(VmProgram target, int type, String what) {
    int errno = Verifier.checkAttach(verified, target.asTarget(), type);
    if (errno != 0) {
      throw new BpfErrnoException(
          errno,
          what,
          "it does not fit: the function must be global, have the extension's arguments and"
              + " result, and be of a program of the type that the extension was loaded for");
    }
  }

  private Link link(VmProgram target, int type, Freplace place) {
    int function = target.asTarget().functionOf(type);
    if (!target.retain()) {
      throw new IllegalStateException("closed: program \"" + target.program().name() + "\"");
    }
    if (!extension.retain()) {
      target.release();
      throw new IllegalStateException("closed: program \"" + verified.program().name() + "\"");
    }
    int result = -Errno.EINVAL;
    try {
      result = target.extensions().attach(function, extension);
    } finally {
      if (result != 0) {
        extension.release();
        target.release();
      }
    }
    if (result != 0) {
      throw new BpfErrnoException(
          -result, what(place), "another extension is there, or the program is in a program array");
    }
    free();
    return new ExtensionLink(extension, target, function, place.describe());
  }

  /** Lets go what it was loaded for. */
  synchronized void free() {
    VmProgram target = first;
    first = null;
    if (target != null) {
      target.release();
    }
  }
}

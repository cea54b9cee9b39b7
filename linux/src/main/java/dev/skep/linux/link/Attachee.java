package dev.skep.linux.link;

import dev.skep.engine.LoadedProgram;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.linux.sys.LinkLayout;
import dev.skep.natives.Syscalls;
import dev.skep.program.AttachType;
import dev.skep.program.Program;

/** A program in the kernel that is being attached. */
record Attachee(Bpf bpf, LinkCommands commands, int fd, Program program) {

  /** Puts what an attach type needs into the command. */
  @FunctionalInterface
  interface Options {
    /** None. */
    Options NONE = attr -> {};

    void put(Attr attr);
  }

  Syscalls syscalls() {
    return bpf.syscalls();
  }

  /** Names the operation in errors. */
  String what(KernelAttachPoint point) {
    return "attach of program \"" + program.name() + "\" to " + point.describe();
  }

  /** BPF_LINK_CREATE: the link's descriptor or a negative errno. */
  int create(int target, int attachType, int flags, Options options) {
    try (Attr attr = new Attr()) {
      attr.putInt(LinkLayout.Create.PROG_FD, fd);
      attr.putInt(LinkLayout.Create.TARGET_FD, target);
      attr.putInt(LinkLayout.Create.ATTACH_TYPE, attachType);
      attr.putInt(LinkLayout.Create.FLAGS, flags);
      options.put(attr);
      return commands.create(attr);
    }
  }

  /** As {@link #create}, where there is no other way. */
  FdLink link(KernelAttachPoint point, int target, AttachType type, int flags, Options options) {
    return link(point, create(target, type.number(), flags, options));
  }

  /** The link of a descriptor that a command returned, or its error. */
  FdLink link(KernelAttachPoint point, int result) {
    if (result < 0) {
      throw new BpfErrnoException(-result, what(point), Hints.of(point, -result));
    }
    return new FdLink(bpf, new Fd(syscalls(), result), point);
  }

  /** The descriptor of a program of the kernel engine. */
  static int fdOf(LoadedProgram program) {
    if (program instanceof KernelHandle handle) {
      return handle.fd();
    }
    throw new UnsupportedException(
        "program \"" + program.program().name() + "\" is not in the kernel");
  }
}

package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.engine.LinkInfo;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.natives.Syscalls;
import java.nio.file.Path;

/**
 * A program that BPF_PROG_ATTACH put onto a descriptor. It would stay when this process ends;
 * closing removes it.
 */
final class ProgAttachLink implements Link {
  private static final int REPLACE = 4;
  private static final int ALLOW_MULTI = 2;

  private final Syscalls syscalls;
  private final LinkCommands commands;
  private final KernelAttachPoint point;
  private final String type;
  private final Fd target;
  private final int attachType;
  private final int flags;
  private Fd program;
  private boolean closed;

  private ProgAttachLink(
      Attachee program,
      KernelAttachPoint point,
      String type,
      Fd target,
      int attachType,
      int flags) {
    this.syscalls = program.syscalls();
    this.commands = program.commands();
    this.point = point;
    this.type = type;
    this.target = Fd.duplicate(syscalls, target.number());
    this.program = Fd.duplicate(syscalls, program.fd());
    this.attachType = attachType;
    this.flags = flags;
  }

  static Link attach(
      Attachee program,
      KernelAttachPoint point,
      String type,
      Fd target,
      int attachType,
      int flags) {
    ProgAttachLink link = new ProgAttachLink(program, point, type, target, attachType, flags);
    int result = program.commands().progAttach(target.number(), program.fd(), attachType, flags, 0);
    if (result < 0) {
      link.release();
      throw new BpfErrnoException(-result, program.what(point), Hints.of(point, -result));
    }
    return link;
  }

  private void alive() {
    if (closed) {
      throw new IllegalStateException("link to " + point.describe() + " is closed");
    }
  }

  @Override
  public synchronized LinkInfo info() {
    alive();
    return new LinkInfo(type, 0, commands.programId(program.number()), point.describe());
  }

  @Override
  public synchronized void update(LoadedProgram next) {
    alive();
    Fd copy = Fd.duplicate(syscalls, Attachee.fdOf(next));
    boolean multi = (flags & ALLOW_MULTI) != 0;
    int result =
        commands.progAttach(
            target.number(),
            copy.number(),
            attachType,
            multi ? flags | REPLACE : flags,
            multi ? program.number() : 0);
    if (result < 0) {
      copy.close();
      throw new BpfErrnoException(
          -result, "update of " + point.describe(), Hints.ofUpdate(-result));
    }
    program.close();
    program = copy;
  }

  @Override
  public void pin(Path file) {
    throw new UnsupportedException("pin of " + point.describe() + ": attached without a link");
  }

  @Override
  public synchronized void detach() {
    alive();
    remove();
  }

  private void remove() {
    int result = commands.progDetach(target.number(), program.number(), attachType);
    // ENOENT: others have removed it, or its cgroup is gone.
    if (result < 0 && result != -Errno.ENOENT) {
      throw new BpfErrnoException(-result, "detach from " + point.describe());
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      remove();
    } finally {
      release();
    }
  }

  private void release() {
    program.close();
    target.close();
  }
}

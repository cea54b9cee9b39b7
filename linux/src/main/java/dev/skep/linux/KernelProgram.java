package dev.skep.linux;

import dev.skep.engine.AttachPoint;
import dev.skep.engine.Link;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.linux.link.Attacher;
import dev.skep.linux.link.KernelHandle;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.program.Program;
import java.nio.file.Path;

/** A program in the kernel. */
public final class KernelProgram implements LoadedProgram, KernelHandle {
  private final Bpf bpf;
  private final Program program;
  private final Fd fd;

  KernelProgram(Bpf bpf, Program program, Fd fd) {
    this.bpf = bpf;
    this.program = program;
    this.fd = fd;
  }

  @Override
  public Program program() {
    return program;
  }

  @Override
  public int fd() {
    return fd.number();
  }

  boolean isOpen() {
    return fd.isOpen();
  }

  @Override
  public int id() {
    return summary().id();
  }

  @Override
  public int slotValue() {
    return fd();
  }

  /** The kernel's numbers of the program. */
  public ProgramInfo.Summary summary() {
    return ProgramInfo.summary(bpf, fd.number());
  }

  /** Rewritten instructions, machine code, lines, ids. */
  public ProgramInfo info() {
    return ProgramInfo.of(bpf, fd.number());
  }

  /**
   * Gives the program a name in a BPF file system: it then outlives this process, until the file is
   * removed. {@link KernelEngine#pinnedProgram} finds it again.
   */
  public void pin(Path file) {
    new LinkCommands(bpf).pin(fd.number(), file, "pin of program \"" + program.name() + "\"");
  }

  @Override
  public TestRunResult testRun(TestRun run) {
    return KernelTestRun.run(bpf, this, run);
  }

  @Override
  public Link attach() {
    return new Attacher(bpf.syscalls(), fd(), program).attach();
  }

  @Override
  public Link attach(AttachPoint point) {
    return new Attacher(bpf.syscalls(), fd(), program).attach(point);
  }

  @Override
  public void close() {
    fd.close();
  }
}

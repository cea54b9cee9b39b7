package dev.skep.linux;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.Fd;
import dev.skep.program.AttachTarget;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What attach_btf_id and the descriptor beside it say of a program: what it will attach to. */
final class LoadTarget implements AutoCloseable {
  private final int typeId;
  private final int fd;
  private final List<AutoCloseable> owned = new ArrayList<>();

  private LoadTarget(int typeId, int fd) {
    this.typeId = typeId;
    this.fd = fd;
  }

  /**
   * Finds the target: in the loaded program, in the kernel, in a module.
   *
   * @param loaded the program that this one replaces or traces, or null
   */
  static LoadTarget of(KernelEngine engine, Program program, @Nullable KernelProgram loaded) {
    if (!AttachTarget.isNeeded(program.type())) {
      return new LoadTarget(0, 0);
    }
    if (loaded != null) {
      return new LoadTarget(function(program, loaded.program()), loaded.fd());
    }
    Program traced = program.attachProgram();
    KernelProgram known = traced == null ? null : engine.loaded(traced);
    if (traced != null && known != null) {
      return new LoadTarget(function(program, traced), known.fd());
    }
    return traced != null ? loading(engine, program, traced) : inKernel(engine, program);
  }

  /** Loads the other program for the time of the command; the kernel holds it from then on. */
  private static LoadTarget loading(KernelEngine engine, Program program, Program traced) {
    List<AutoCloseable> owned = new ArrayList<>();
    try {
      List<KernelMap> maps = new ArrayList<>();
      for (MapSpec spec : traced.maps()) {
        maps.add(engine.createMap(spec));
        owned.add(maps.getLast());
      }
      KernelProgram loaded = engine.load(traced, maps);
      owned.add(loaded);
      LoadTarget target = new LoadTarget(function(program, traced), loaded.fd());
      target.owned.addAll(owned);
      return target;
    } catch (RuntimeException failed) {
      closeAll(owned);
      throw failed;
    }
  }

  private static int function(Program program, Program target) {
    int id = AttachTarget.inProgram(program, target);
    if (id == 0) {
      throw new BpfErrnoException(
          Errno.ESRCH,
          "program \"" + program.name() + "\": attach target \"" + program.attachTo() + "\"",
          "the program \"" + target.name() + "\" has no such function in its BTF");
    }
    return id;
  }

  private static LoadTarget inKernel(KernelEngine engine, Program program) {
    if (program.attachTo() == null && program.attachBtfId() == 0) {
      // The kernel says what is wrong with it.
      return new LoadTarget(0, 0);
    }
    if (program.type() == ProgramType.EXT && program.attachBtfId() == 0) {
      throw new BpfErrnoException(
          Errno.EINVAL,
          "program \"" + program.name() + "\": attach target \"" + program.attachTo() + "\"",
          "it is a function of another program: say which (ObjectProgram.attachTarget)");
    }
    AttachTarget found = AttachTarget.find(program, KernelBtf.types());
    if (found == null) {
      throw new BpfErrnoException(
          Errno.ESRCH,
          "program \"" + program.name() + "\": attach target \"" + program.attachTo() + "\"",
          KernelBtf.types().vmlinux() == null
              ? "the kernel has no BTF: it needs CONFIG_DEBUG_INFO_BTF"
              : "this kernel has nothing of that name in its BTF");
    }
    String module = found.module();
    if (module == null) {
      return new LoadTarget(found.typeId(), 0);
    }
    Fd btf = ModuleBtf.open(engine.bpf(), module);
    LoadTarget target = new LoadTarget(found.typeId(), btf.number());
    target.owned.add(btf);
    return target;
  }

  int typeId() {
    return typeId;
  }

  int fd() {
    return fd;
  }

  @Override
  public void close() {
    closeAll(owned);
  }

  private static void closeAll(List<AutoCloseable> owned) {
    for (AutoCloseable one : owned.reversed()) {
      switch (one) {
        case KernelProgram program -> program.close();
        case KernelMap map -> map.close();
        case Fd fd -> fd.close();
        default -> throw new IllegalStateException("not owned: " + one);
      }
    }
  }
}

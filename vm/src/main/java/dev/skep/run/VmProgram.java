package dev.skep.run;

import dev.skep.engine.AttachPoint;
import dev.skep.engine.Freplace;
import dev.skep.engine.Link;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.PacketBatch;
import dev.skep.engine.PreparedRun;
import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.jit.MachineCode;
import dev.skep.machine.Cpu;
import dev.skep.machine.HandleLayout;
import dev.skep.machine.Ids;
import dev.skep.map.CgroupStorageMap;
import dev.skep.map.MapProgram;
import dev.skep.map.Membership;
import dev.skep.map.ProgramOwner;
import dev.skep.map.VmMap;
import dev.skep.natives.Memory;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.program.layout.BpfProgLayout;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.verify.TargetProgram;
import dev.skep.verify.VerifiedProgram;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A program of a {@link Vm}. Its code and struct bpf_prog live until the last reference (its
 * creator's, or a slot of a program array) is gone and every run of then is over.
 */
public final class VmProgram implements LoadedProgram, MapProgram {
  private final Vm vm;
  private final Program program;
  private final int contextEnd;
  private final List<VmMap> maps;
  private final TrackedCode own;
  private final long compileNanos;
  private final ProgramKind kind;
  private final long block;
  private final int id = Ids.next();
  private final int handle;
  private final Membership membership = new Membership();
  private final TargetProgram asTarget;
  private final Extensions extensions;
  private final @Nullable ExtensionAttacher attacher;
  private final AtomicInteger references = new AtomicInteger(1);
  private volatile Executable executable;
  private volatile int extendedContextEnd;
  private volatile boolean closed;

  VmProgram(
      Vm vm,
      VerifiedProgram verified,
      RunnableProgram runnable,
      ProgramKind kind,
      List<VmMap> maps,
      Executable executable,
      long compileNanos) {
    this.vm = vm;
    this.program = runnable.program();
    this.kind = kind;
    this.contextEnd = verified.facts().contextEnd;
    this.maps = List.copyOf(maps);
    this.executable = executable;
    this.own = new TrackedCode(executable, this.maps);
    this.compileNanos = compileNanos;
    asTarget = verified.asTarget();
    extensions = new Extensions(this, vm.backend(), runnable, this.maps);
    attacher = program.type() == ProgramType.EXT ? new ExtensionAttacher(this, verified) : null;
    block = Memory.allocate(BpfProgLayout.SIZE);
    handle = vm.programs().add(this);
    Memory.putLong(block + BpfProgLayout.BPF_FUNC, executable.entry());
    Memory.putLong(block + HandleLayout.PROGRAM, handle);
  }

  /**
   * Makes the program arrays it uses its kind and its direct tail calls follow them; the maps'
   * references are the caller's gift.
   */
  void joinArrays() {
    try {
      for (VmMap map : maps) {
        if (!map.accept(this)) {
          throw new BpfErrnoException(
              Errno.EINVAL, "load of program \"" + program.name() + "\" with " + map);
        }
      }
      own.track();
    } catch (RuntimeException refused) {
      close();
      throw refused;
    }
  }

  @Override
  public Program program() {
    return program;
  }

  /** One past the last byte of the context that it may touch. */
  int contextEnd() {
    return Math.max(contextEnd, extendedContextEnd);
  }

  /** Time from the rewritten program to its executable code. */
  public long compileNanos() {
    return compileNanos;
  }

  /** Bytes of its machine code; 0 where it is interpreted. */
  public int codeBytes() {
    return own.executable().codeBytes();
  }

  /**
   * The machine code as it is now, direct tail calls leading where their slots say; empty where the
   * program is interpreted.
   */
  public Optional<MachineCode> machineCode() {
    checkOpen();
    return Optional.ofNullable(executable.code());
  }

  Executable executable() {
    return executable;
  }

  /**
   * The code, for a thread that holds a CPU: it stays until that is given back.
   *
   * @throws IllegalStateException if it is freed, or about to be
   */
  Executable held() {
    // Seen above 0 by a reader, the count reaches it later, and then the reader is waited for.
    if (references.get() == 0) {
      throw closedException();
    }
    return executable;
  }

  /** The code that runs from now on: null for the program's own, without extensions. */
  void runs(@Nullable Executable code, int contextEndOfExtensions) {
    extendedContextEnd = contextEndOfExtensions;
    executable = code == null ? own.executable() : code;
  }

  /** Does something once every run of now is over. */
  void afterRuns(Runnable action) {
    vm.machine().gracePeriods().defer(action);
  }

  List<VmMap> maps() {
    return maps;
  }

  /** What programs that extend it are checked against. */
  TargetProgram asTarget() {
    return asTarget;
  }

  /** The programs that replace functions of it. */
  Extensions extensions() {
    return extensions;
  }

  Vm vm() {
    return vm;
  }

  @Override
  public int id() {
    return id;
  }

  @Override
  public long block() {
    return block;
  }

  @Override
  public long tailCallEntry() {
    return own.executable().tailCallEntry();
  }

  @Override
  public ProgramType type() {
    return program.type();
  }

  @Override
  public ProgramOwner owner() {
    return kind.owner();
  }

  @Override
  public boolean reachesTailCall() {
    return kind.reachesTailCall();
  }

  @Override
  public boolean overridesReturn() {
    return kind.overridesReturn();
  }

  @Override
  public Membership membership() {
    return membership;
  }

  @Override
  public int slotValue() {
    return id();
  }

  /** Zeroes the storages that a test run has for itself. */
  void resetStorages(Cpu cpu) {
    for (VmMap map : maps) {
      if (map instanceof CgroupStorageMap storage) {
        storage.reset(cpu);
      }
    }
  }

  @Override
  public TestRunResult testRun(TestRun run) {
    checkOpen();
    return vm.testRuns().run(this, run);
  }

  @Override
  public long run(PacketBatch batch) {
    checkOpen();
    return vm.testRuns().run(this, batch);
  }

  @Override
  public PreparedRun prepare(TestRun input) {
    checkOpen();
    return program.type() == ProgramType.XDP && !XdpTestRun.isLive(input)
        ? XdpTestRun.prepare(vm.testRuns(), this, input)
        : LoadedProgram.super.prepare(input);
  }

  @Override
  public Link attach() {
    checkOpen();
    return attacher == null ? LoadedProgram.super.attach() : attacher.attach();
  }

  @Override
  public Link attach(AttachPoint point) {
    checkOpen();
    return attacher != null && point instanceof Freplace place
        ? attacher.attach(place)
        : LoadedProgram.super.attach(point);
  }

  private void checkOpen() {
    if (closed) {
      throw closedException();
    }
  }

  private IllegalStateException closedException() {
    return new IllegalStateException("closed: program \"" + program.name() + "\"");
  }

  @Override
  public boolean retain() {
    while (true) {
      int count = references.get();
      if (count == 0) {
        return false;
      }
      if (references.compareAndSet(count, count + 1)) {
        return true;
      }
    }
  }

  @Override
  public void release() {
    if (references.decrementAndGet() == 0) {
      afterRuns(this::free);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    Ids.gone(id);
    vm.programs().close(this);
    release();
  }

  private void free() {
    own.free(this::freeRest);
  }

  private void freeRest() {
    vm.programs().remove(handle);
    Memory.free(block);
    if (attacher != null) {
      attacher.free();
    }
    for (VmMap map : maps) {
      map.release();
    }
  }
}

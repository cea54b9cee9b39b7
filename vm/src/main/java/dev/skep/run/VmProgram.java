package dev.skep.run;

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
import dev.skep.map.ProgArrayMap;
import dev.skep.map.ProgramOwner;
import dev.skep.map.VmMap;
import dev.skep.natives.Memory;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.program.layout.BpfProgLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A program of a {@link Vm}. Its code and struct bpf_prog live until the last reference (its
 * creator's, or a slot of a program array) is gone and every run of then is over.
 */
public final class VmProgram implements LoadedProgram, MapProgram {
  private final Vm vm;
  private final Program program;
  private final int contextEnd;
  private final List<VmMap> maps;
  private final Executable executable;
  private final long compileNanos;
  private final ProgramKind kind;
  private final long block;
  private final int id = Ids.next();
  private final int handle;
  private final Membership membership = new Membership();
  private final List<Executable.Pokes> tracked = new ArrayList<>();
  private final AtomicInteger references = new AtomicInteger(1);
  private volatile boolean closed;

  VmProgram(
      Vm vm,
      Program program,
      ProgramKind kind,
      int contextEnd,
      List<VmMap> maps,
      Executable executable,
      long compileNanos) {
    this.vm = vm;
    this.program = program;
    this.kind = kind;
    this.contextEnd = contextEnd;
    this.maps = List.copyOf(maps);
    this.executable = executable;
    this.compileNanos = compileNanos;
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
        if (map instanceof ProgArrayMap array && !array.accept(this)) {
          throw new BpfErrnoException(
              Errno.EINVAL, "load of program \"" + program.name() + "\" with " + map);
        }
      }
      for (Executable.Pokes pokes : executable.pokes()) {
        array(pokes).track(pokes.user());
        tracked.add(pokes);
      }
    } catch (RuntimeException refused) {
      close();
      throw refused;
    }
  }

  private ProgArrayMap array(Executable.Pokes pokes) {
    return (ProgArrayMap) maps.get(pokes.map());
  }

  @Override
  public Program program() {
    return program;
  }

  /** One past the last byte of the context that it may touch. */
  int contextEnd() {
    return contextEnd;
  }

  /** Time from the rewritten program to its executable code. */
  public long compileNanos() {
    return compileNanos;
  }

  /** Bytes of its machine code; 0 where it is interpreted. */
  public int codeBytes() {
    return executable.codeBytes();
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
    return executable.tailCallEntry();
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
      vm.machine().gracePeriods().defer(this::free);
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
    untrackFrom(0);
  }

  /** The code is freed once no change of any array touches it. */
  private void untrackFrom(int next) {
    if (next == tracked.size()) {
      freeAll();
    } else {
      Executable.Pokes pokes = tracked.get(next);
      array(pokes).untrack(pokes.user(), () -> untrackFrom(next + 1));
    }
  }

  private void freeAll() {
    vm.programs().remove(handle);
    executable.free();
    Memory.free(block);
    for (VmMap map : maps) {
      map.release();
    }
  }
}

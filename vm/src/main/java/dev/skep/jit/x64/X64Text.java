package dev.skep.jit.x64;

import dev.skep.errors.UnsupportedException;
import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode;
import dev.skep.jit.Relocation;
import dev.skep.machine.BpfCallback;
import dev.skep.machine.BpfFunction;
import dev.skep.machine.Cpu;
import dev.skep.natives.CodeSpace;
import dev.skep.natives.CpuFeatures;
import dev.skep.natives.Memory;
import dev.skep.natives.NativeCode;
import dev.skep.rewrite.RunnableProgram;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The executable text of one runtime: the routines that Java enters by, helpers, loops over inputs,
 * and the programs. Programs may be added and freed while others run.
 */
public final class X64Text implements AutoCloseable {
  /** jmp rel32. */
  private static final int JUMP_NEAR = 0xe9;

  private static final MethodHandle CALLBACK = NativeCode.caller(7, false);

  private final CodeSpace space = new CodeSpace();
  private final Arena upcalls = Arena.ofShared();
  private final CpuSlots cpus;
  private final CodeLayout layout;
  private final Map<NativeHelper, Long> helpers = new EnumMap<>(NativeHelper.class);
  private final MemorySegment enterPerCpu;
  private final MemorySegment enterGuarded;
  private final MemorySegment enterCallback;
  private final long abort;
  private final Map<BatchKind, Long> loops = new EnumMap<>(BatchKind.class);
  private final Map<BatchKind, Long> bodyLoops = new EnumMap<>(BatchKind.class);
  private @Nullable TextPoker poker;

  /** As {@link #X64Text(List, boolean)}, in the userspace layout. */
  public X64Text(List<Cpu> cpus) {
    this(cpus, false);
  }

  /**
   * @param cpus the machine's; their areas are laid out as {@link dev.skep.natives.PerCpuRegion}
   *     does
   * @param kernelLayout whether programs are compiled as the kernel does, else in the userspace
   *     layout
   * @throws UnsupportedException where this is not x86-64 Linux that lets programs set gs
   */
  public X64Text(List<Cpu> cpus, boolean kernelLayout) {
    this(cpus, kernelLayout, CpuFeatures.host());
  }

  X64Text(List<Cpu> cpus, boolean kernelLayout, CpuFeatures features) {
    if (!features.x64()) {
      throw new UnsupportedException("running machine code needs x86-64 linux");
    }
    if (!features.fsgsbase()) {
      throw new UnsupportedException("running machine code needs fsgsbase");
    }
    layout =
        kernelLayout ? KernelLayout.inProcess(features.bmi2()) : new UserLayout(features.bmi2());
    enterPerCpu = routine(EntryRoutines.perCpu());
    enterGuarded = routine(EntryRoutines.guarded());
    enterCallback = routine(EntryRoutines.guardedCallback());
    abort = place(EntryRoutines.abort());
    this.cpus = new CpuSlots(cpus, this::callback);
    loops.put(BatchKind.REPEAT, place(BatchRoutines.repeat()));
    loops.put(BatchKind.CONTEXTS, place(BatchRoutines.contexts()));
    loops.put(BatchKind.XDP, place(BatchRoutines.xdp()));
    bodyLoops.put(BatchKind.REPEAT, place(BodyBatchRoutines.repeat()));
    bodyLoops.put(BatchKind.CONTEXTS, place(BodyBatchRoutines.contexts()));
    bodyLoops.put(BatchKind.XDP, place(BodyBatchRoutines.xdp()));
    for (NativeHelper helper : NativeHelper.values()) {
      helpers.put(helper, place(helper.code.get()));
    }
    for (Cpu cpu : cpus) {
      cpu.stack(CpuSlots.stack(cpu));
      long seed = ThreadLocalRandom.current().nextLong() | 1;
      Memory.putLong(cpu.perCpuBase() + PerCpuHeader.RANDOM, seed);
    }
    NativeProgram.linkEntries(this, helper(NativeHelper.GET_SMP_PROCESSOR_ID), cpus.getFirst());
  }

  /** Puts code that holds no relative address into the text, for as long as it lives. */
  long place(byte[] code) {
    long address = space.allocate(code.length);
    space.write(address, code, code.length);
    return address;
  }

  private MemorySegment routine(byte[] code) {
    return MemorySegment.ofAddress(place(code));
  }

  /** The address of a helper that needs no Java. */
  public long helper(NativeHelper helper) {
    Long address = helpers.get(helper);
    if (address == null) {
      throw new IllegalStateException("no routine for " + helper);
    }
    return address;
  }

  /**
   * Makes a function in Java callable from programs. It may throw: the run ends then, and {@link
   * NativeProgram#run} throws the same. Its code lives as long as this text.
   *
   * @return its address
   */
  public long register(BpfFunction function) {
    long upcall = NativeCode.upcall(new JavaFunction(function, cpus).handle(), upcalls);
    return place(EntryRoutines.javaFunction(upcall, abort));
  }

  /**
   * htab_map_update_elem: replaces an existing element without Java.
   *
   * @param java address of the function in Java that does everything else
   * @return its address
   */
  public long hashUpdate(long java) {
    return place(HashUpdateRoutine.update(java));
  }

  /** How Java code that a program has called on a CPU calls functions of that program. */
  private BpfCallback callback(Cpu cpu) {
    return (function, r1, r2, r3, r4, r5) -> {
      long result = enterCallback(cpu, function, r1, r2, r3, r4, r5);
      if (CpuSlots.outcome(cpu) == PerCpuHeader.NO_STACK) {
        CpuSlots.measureStack(cpu);
        result = enterCallback(cpu, function, r1, r2, r3, r4, r5);
      }
      if (CpuSlots.outcome(cpu) != 0) {
        cpus.fail(cpu);
      }
      return result;
    };
  }

  private long enterCallback(Cpu cpu, long function, long r1, long r2, long r3, long r4, long r5) {
    try {
      return (long)
          CALLBACK.invokeExact(enterCallback, r1, r2, r3, r4, r5, function, cpu.perCpuBase());
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable checked) {
      throw new AssertionError("machine code threw", checked);
    }
  }

  /** Compiles a program and puts it into the text. */
  public NativeProgram load(RunnableProgram program, Linkage linkage) {
    return load(program, linkage, Map.of());
  }

  /**
   * Compiles a program in which other programs stand in for some functions.
   *
   * @param replaced by the function's number, which is not 0; they live as long as the result
   */
  public NativeProgram load(
      RunnableProgram program, Linkage linkage, Map<Integer, NativeProgram> replaced) {
    return load(JitInput.of(program), linkage, replaced);
  }

  NativeProgram load(JitInput input, Linkage linkage) {
    return load(input, linkage, Map.of());
  }

  private NativeProgram load(
      JitInput input, Linkage linkage, Map<Integer, NativeProgram> replaced) {
    MachineCode code = X64Jit.compile(input, layout, linkage);
    byte[] bytes = code.bytes();
    long image = space.allocate(bytes.length);
    for (Relocation relocation : code.relocations()) {
      link(bytes, image, code, relocation, linkage);
    }
    Needs needs = Needs.of(input, linkage);
    for (Map.Entry<Integer, NativeProgram> entry : replaced.entrySet()) {
      NativeProgram other = entry.getValue();
      jumpTo(other.image(), bytes, image, code.functionOffset(entry.getKey()));
      needs = needs.with(other.needs());
    }
    space.write(image, bytes, bytes.length);
    return new NativeProgram(this, code, image, needs, sites(code, input, image));
  }

  private PokeSites sites(MachineCode code, JitInput input, long image) {
    if (code.pokes().isEmpty()) {
      return PokeSites.NONE;
    }
    return switch (layout) {
      case KernelLayout _ -> new KernelPokeSites(poker()::poke, code, input.pokes(), image);
      case UserLayout _ -> new UserPokeSites(space, code, input.pokes(), image);
    };
  }

  /** Patches live code, from the first program on that asks for it. */
  synchronized TextPoker poker() {
    if (poker == null) {
      poker = new TextPoker(space);
    }
    return poker;
  }

  /** The bytes at an address of code as they are now. */
  byte[] read(long address, int length) {
    return TextPoker.read(space, address, length);
  }

  private static void link(
      byte[] bytes, long image, MachineCode code, Relocation relocation, Linkage linkage) {
    long target =
        switch (relocation.kind()) {
          case CALL_HELPER -> linkage.functionAddress(relocation.operand());
          case CALL_FUNCTION, FUNCTION -> image + code.functionOffset(relocation.operand());
          case MAP, PER_CPU, KERNEL_VARIABLE -> 0; // in place already
          case CALL_KFUNC -> linkage.kfuncAddress(relocation.operand());
          case RETURN_THUNK, INDIRECT_THUNK, ARENA, PRIVATE_STACK ->
              throw new UnsupportedException("jit of " + relocation.kind() + " inside a process");
        };
    if (target == 0) {
      return;
    }
    putDistance(target, bytes, image, relocation.offset());
  }

  /**
   * Makes a function begin with a jump: what attaching an extension patches into the nop that each
   * function of the kernel layout begins with. In the userspace layout the instructions under it
   * are never reached.
   */
  private static void jumpTo(long target, byte[] bytes, long image, int function) {
    bytes[function] = (byte) JUMP_NEAR;
    putDistance(target, bytes, image, function + 1);
  }

  private static void putDistance(long target, byte[] bytes, long image, int offset) {
    long distance = target - (image + offset + 4);
    if (distance != (int) distance) {
      throw new IllegalArgumentException(
          "function at 0x" + Long.toHexString(target) + " is out of reach of a call");
    }
    for (int i = 0; i < 4; i++) {
      bytes[offset + i] = (byte) (distance >> 8 * i);
    }
  }

  MemorySegment enterPerCpu() {
    return enterPerCpu;
  }

  MemorySegment enterGuarded() {
    return enterGuarded;
  }

  /**
   * The loop of a kind.
   *
   * @param body whether it enters programs behind their stub, see {@link #hasStub}
   */
  long loop(BatchKind kind, boolean body) {
    Long address = (body ? bodyLoops : loops).get(kind);
    if (address == null) {
      throw new IllegalStateException("no loop for " + kind);
    }
    return address;
  }

  /** Whether a program's entry is a stub of {@link UserFrame}, its tail call entry the body. */
  boolean hasStub(MachineCode code) {
    return layout instanceof UserLayout && code.tailCallEntry() != 0;
  }

  CpuSlots cpus() {
    return cpus;
  }

  void free(long image) {
    space.free(image);
  }

  /** Bytes of text in use. */
  public long usedBytes() {
    return space.usedBytes();
  }

  /** Unmaps everything; nothing of it may run any more. */
  @Override
  public synchronized void close() {
    if (poker != null) {
      poker.close();
    }
    upcalls.close();
    space.close();
  }
}

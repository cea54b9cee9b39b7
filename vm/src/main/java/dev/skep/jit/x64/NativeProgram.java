package dev.skep.jit.x64;

import dev.skep.jit.MachineCode;
import dev.skep.machine.BpfCallback;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.natives.NativeCode;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * A program in executable text. A run takes a context block and holds a CPU for its time; any
 * number of runs may go on at once, on different CPUs.
 */
public final class NativeProgram {
  /** How Java gets into a program; the cheaper, the less the program may do. */
  public enum Entry {
    /** Without a thread state change: a garbage collection waits for the end, no upcalls. */
    CRITICAL,
    /** With a thread state change, for programs that may take long; no upcalls. */
    LONG,
    /** Everything, upcalls that throw included. */
    GUARDED
  }

  // Two call sites, not one per entry: each costs the compiler much of its inlining budget.
  private static final MethodHandle CRITICAL = NativeCode.caller(3, true);
  private static final MethodHandle ORDINARY = NativeCode.caller(3, false);

  private final X64Text text;
  private final MachineCode code;
  private final long image;
  private final Needs needs;
  private final Entry entry;
  private final PokeSites pokes;

  NativeProgram(X64Text text, MachineCode code, long image, Needs needs, PokeSites pokes) {
    this.text = text;
    this.code = code;
    this.image = image;
    this.needs = needs;
    this.entry = entryFor(needs);
    this.pokes = pokes;
  }

  /**
   * Goes through each entry once, so that the first run of a program does not pay for linking them.
   *
   * @param routine one that may be called like a program
   */
  static void linkEntries(X64Text text, long routine, Cpu cpu) {
    MachineCode nothing =
        new MachineCode(
            new byte[0], new int[] {0}, new int[0], new int[0], List.of(), List.of(), List.of(), 0);
    NativeProgram program =
        new NativeProgram(text, nothing, routine, new Needs(false, false, false), PokeSites.NONE);
    for (Entry each : Entry.values()) {
      program.run(each, 0, cpu);
    }
  }

  private static Entry entryFor(Needs needs) {
    if (needs.upcalls() || needs.tailCalls()) {
      return Entry.GUARDED;
    }
    return needs.longRunning() ? Entry.LONG : Entry.CRITICAL;
  }

  /** Address of the machine code: what bpf_func of a program's block holds. */
  public long image() {
    return image;
  }

  /** Where tail calls enter it. */
  public long tailCallEntry() {
    return image + code.tailCallEntry();
  }

  /** The code as it was compiled: places that are patched, or hold an address, as they come. */
  Needs needs() {
    return needs;
  }

  public MachineCode code() {
    return code;
  }

  /** The code as it is now, with all addresses in it. */
  public MachineCode liveCode() {
    return code.withBytes(text.read(image, code.length()));
  }

  /** The direct tail calls, which do not follow their slots by themselves. */
  public PokeSites pokes() {
    return pokes;
  }

  /** Whether the program itself calls functions in Java. */
  public boolean callsJava() {
    return needs.upcalls();
  }

  /** Whether it tail calls, so that what it can reach is not known from its own code. */
  public boolean tailCalls() {
    return needs.tailCalls();
  }

  /** The cheapest entry that its own code allows; that of a tail-calling program assumes all. */
  public Entry entry() {
    return entry;
  }

  /**
   * The cheapest entry when all programs that it can reach by tail calls are known.
   *
   * @param reachable those programs; the caller keeps it from reaching others
   */
  public Entry entry(Iterable<NativeProgram> reachable) {
    boolean upcalls = needs.upcalls();
    boolean longRunning = needs.longRunning();
    for (NativeProgram program : reachable) {
      upcalls |= program.needs.upcalls();
      longRunning |= program.needs.longRunning();
    }
    return entryFor(new Needs(upcalls, false, longRunning));
  }

  /** Runs the program once; see {@link #run(Entry, long, Cpu)}. */
  public long run(long ctx, Cpu cpu) {
    return run(entry, ctx, cpu);
  }

  /**
   * Runs the program once.
   *
   * @param entry one that suits the program
   * @param ctx address of the context block
   * @param cpu which the caller holds
   * @return R0, of which the kernel keeps the lower 32 bits
   */
  public long run(Entry entry, long ctx, Cpu cpu) {
    return enter(entry, image, ctx, cpu);
  }

  /**
   * Runs the program for many inputs in one call, which does not hold up garbage collections.
   *
   * @param batch address of a {@link BatchLayout} block, whose code is set here
   * @return R0 of the last run
   */
  public long run(BatchKind kind, long batch, Cpu cpu) {
    return run(entry == Entry.CRITICAL ? Entry.LONG : entry, kind, batch, cpu);
  }

  /** As {@link #run(BatchKind, long, Cpu)}, by an entry that suits the program. */
  public long run(Entry entry, BatchKind kind, long batch, Cpu cpu) {
    if (Memory.getLong(batch + BatchLayout.COUNT) <= 0) {
      throw new IllegalArgumentException("a batch without items");
    }
    boolean body = text.hasStub(code);
    Memory.putLong(batch + BatchLayout.CODE, body ? tailCallEntry() : image);
    return enter(entry, text.loop(kind, body), batch, cpu);
  }

  private long enter(Entry how, long target, long ctx, Cpu cpu) {
    try {
      if (how == Entry.CRITICAL) {
        return (long) CRITICAL.invokeExact(text.enterPerCpu(), ctx, target, cpu.perCpuBase());
      }
      return ordinary(how, target, ctx, cpu);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable checked) {
      throw new AssertionError("machine code threw", checked);
    }
  }

  private long ordinary(Entry how, long target, long ctx, Cpu cpu) throws Throwable {
    long base = cpu.perCpuBase();
    if (how == Entry.LONG) {
      return (long) ORDINARY.invokeExact(text.enterPerCpu(), ctx, target, base);
    }
    BpfCallback outside = cpu.callback();
    cpu.callback(text.cpus().callback(cpu));
    long result = (long) ORDINARY.invokeExact(text.enterGuarded(), ctx, target, base);
    if (CpuSlots.outcome(cpu) == PerCpuHeader.NO_STACK) {
      CpuSlots.measureStack(cpu);
      result = (long) ORDINARY.invokeExact(text.enterGuarded(), ctx, target, base);
    }
    cpu.callback(outside);
    if (CpuSlots.outcome(cpu) != 0) {
      text.cpus().fail(cpu);
    }
    return result;
  }

  /**
   * Calls one of its functions outside of a run.
   *
   * @param cpu which the caller holds
   * @param function the function's address
   */
  public long call(Cpu cpu, long function, long r1, long r2, long r3) {
    BpfCallback outside = cpu.callback();
    BpfCallback own = text.cpus().callback(cpu);
    cpu.callback(own);
    try {
      return own.call(function, r1, r2, r3, 0, 0);
    } finally {
      cpu.callback(outside);
    }
  }

  /** Frees the code; the caller knows that no run is in it or can get to it. */
  public void free() {
    text.free(image);
  }
}

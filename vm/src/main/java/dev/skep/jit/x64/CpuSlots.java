package dev.skep.jit.x64;

import dev.skep.machine.BpfCallback;
import dev.skep.machine.BpfStack;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.natives.ThreadStack;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Per CPU number: the CPU, and what a function in Java threw during a run on it. */
final class CpuSlots {
  /**
   * What must be free below a run: the JVM's guard pages (16 kB), what it probes when Java is
   * entered (80 kB), the frames of programs, which in the userspace layout are the larger, and
   * Java's until the function's errors are caught (64 kB).
   */
  private static final long STACK_RESERVE = 160 * 1024 + UserFrame.MAX_STACK;

  private final @Nullable Cpu[] cpus;
  private final @Nullable Throwable[] thrown;
  private final BpfCallback[] callbacks;

  /** How a run on one CPU calls back. */
  interface CallbackOf {
    BpfCallback callback(Cpu cpu);
  }

  CpuSlots(Iterable<Cpu> all, CallbackOf callbackOf) {
    int limit = 0;
    for (Cpu cpu : all) {
      limit = Math.max(limit, cpu.number() + 1);
    }
    cpus = new @Nullable Cpu[limit];
    thrown = new @Nullable Throwable[limit];
    callbacks = new BpfCallback[limit];
    Arrays.fill(callbacks, BpfCallback.NONE);
    for (Cpu cpu : all) {
      cpus[cpu.number()] = cpu;
      callbacks[cpu.number()] = callbackOf.callback(cpu);
    }
  }

  Cpu cpu(int number) {
    Cpu cpu = cpus[number];
    if (cpu == null) {
      throw new IllegalStateException("no cpu " + number);
    }
    return cpu;
  }

  /** How helpers that run on this CPU reach functions of the program. */
  BpfCallback callback(Cpu cpu) {
    return callbacks[cpu.number()];
  }

  /** Keeps what was thrown, and tells compiled code. */
  void keep(int number, Throwable cause) {
    thrown[number] = cause;
    Memory.putInt(cpu(number).perCpuBase() + PerCpuHeader.FAILED, PerCpuHeader.THREW);
  }

  /** How the guarded run that just returned ended: 0, or why in {@link PerCpuHeader}. */
  static int outcome(Cpu cpu) {
    return Memory.getInt(cpu.perCpuBase() + PerCpuHeader.FAILED);
  }

  /**
   * Throws what a function in Java threw.
   *
   * @throws StackOverflowError when the run did not begin
   */
  void fail(Cpu cpu) {
    boolean noStack = outcome(cpu) == PerCpuHeader.NO_STACK;
    Memory.putInt(cpu.perCpuBase() + PerCpuHeader.FAILED, 0);
    if (noStack) {
      throw new StackOverflowError("no stack left for a program that calls java");
    }
    Throwable cause = thrown[cpu.number()];
    thrown[cpu.number()] = null;
    CpuSlots.<RuntimeException>sneak(
        cause != null ? cause : new IllegalStateException("a run ended without a cause"));
  }

  /** Where programs that call Java keep their stack: between their entry and that call. */
  static BpfStack stack(Cpu cpu) {
    long header = cpu.perCpuBase();
    return (address, bytes) ->
        address > Memory.getLong(header + PerCpuHeader.CALL_FRAME)
            && address <= Memory.getLong(header + PerCpuHeader.ENTRY_FRAME) - bytes;
  }

  /** Sets the stack limit of this thread, as an entry that did not begin asks for. */
  static void measureStack(Cpu cpu) {
    Memory.putInt(cpu.perCpuBase() + PerCpuHeader.FAILED, 0);
    Memory.putLong(
        cpu.perCpuBase() + PerCpuHeader.STACK_LIMIT, ThreadStack.lowest() + STACK_RESERVE);
  }

  // Functions of BPF declare no checked exceptions, but errors must come out as they are.
  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable cause) throws T {
    throw (T) cause;
  }
}

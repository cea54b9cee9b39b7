package dev.skep.jit.x64;

import dev.skep.machine.BpfCallback;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Per CPU number: the CPU, and what a function in Java threw during a run on it. */
final class CpuSlots {
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
  void fail(int number, Throwable cause) {
    thrown[number] = cause;
    Memory.putInt(cpu(number).perCpuBase() + PerCpuHeader.FAILED, 1);
  }

  /** Throws what a run that just ended has left. */
  void rethrow(Cpu cpu) {
    Throwable cause = thrown[cpu.number()];
    if (cause != null) {
      thrown[cpu.number()] = null;
      Memory.putInt(cpu.perCpuBase() + PerCpuHeader.FAILED, 0);
      CpuSlots.<RuntimeException>sneak(cause);
    }
  }

  // Functions of BPF declare no checked exceptions, but errors must come out as they are.
  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable cause) throws T {
    throw (T) cause;
  }
}

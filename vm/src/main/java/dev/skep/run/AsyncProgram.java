package dev.skep.run;

import dev.skep.machine.Cpu;
import org.jspecify.annotations.Nullable;

/**
 * A program whose functions are called later, by timers: what KernelVariable.PROGRAM stands for.
 */
final class AsyncProgram {
  private @Nullable Executable code;

  synchronized void loaded(Executable executable) {
    code = executable;
  }

  /** The program goes: its functions are not called any more. */
  synchronized void free() {
    code = null;
  }

  /** Calls a function of the program, one call at a time; nothing happens once it is gone. */
  synchronized void call(Cpu cpu, long function, long r1, long r2, long r3) {
    Executable present = code;
    if (present != null) {
      present.call(cpu, function, r1, r2, r3);
    }
  }
}

package dev.skep.jit.x64;

import dev.skep.machine.BpfFunction;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The Java side of a call from BPF. What the function throws is kept for the thread that started
 * the run, which compiled code then ends: an exception that left an upcall would end the JVM.
 */
final class JavaFunction {
  private static final MethodHandle CALL;

  static {
    MethodType type =
        MethodType.methodType(
            long.class, long.class, long.class, long.class, long.class, long.class, long.class);
    try {
      CALL = MethodHandles.lookup().findVirtual(JavaFunction.class, "call", type);
    } catch (ReflectiveOperationException missing) {
      throw new LinkageError(missing.getMessage(), missing);
    }
  }

  private final BpfFunction function;
  private final CpuSlots cpus;

  JavaFunction(BpfFunction function, CpuSlots cpus) {
    this.function = function;
    this.cpus = cpus;
  }

  /** Six longs (arguments and the CPU's number) to a long. */
  MethodHandle handle() {
    return CALL.bindTo(this);
  }

  // Whatever it is, it must not go further.
  @SuppressWarnings("CatchAndPrintStackTrace")
  long call(long r1, long r2, long r3, long r4, long r5, long number) {
    int cpu = (int) number;
    try {
      return function.call(cpus.cpu(cpu), r1, r2, r3, r4, r5);
    } catch (Throwable thrown) {
      cpus.keep(cpu, thrown);
      return 0;
    }
  }
}

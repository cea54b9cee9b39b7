package dev.skep.run;

import dev.skep.errors.UnsupportedException;
import java.util.function.Function;
import org.junit.jupiter.api.Assumptions;

/** Engines for tests. */
final class TestVms {
  private TestVms() {}

  /** A compiling engine; skips the test where there can be none. */
  static Vm jit(VmOptions options) {
    return compiling(Vm::jit, options);
  }

  /** The same in the kernel's layout. */
  static Vm jitKernel(VmOptions options) {
    return compiling(Vm::jitKernel, options);
  }

  private static Vm compiling(Function<VmOptions, Vm> engine, VmOptions options) {
    try {
      return engine.apply(options);
    } catch (UnsupportedException missing) {
      Assumptions.abort(String.valueOf(missing.getMessage()));
      throw missing;
    }
  }
}

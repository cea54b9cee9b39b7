package dev.skep.run;

import dev.skep.errors.UnsupportedException;
import org.junit.jupiter.api.Assumptions;

/** Engines for tests. */
final class TestVms {
  private TestVms() {}

  /** A compiling engine; skips the test where there can be none. */
  static Vm jit(VmOptions options) {
    try {
      return Vm.jit(options);
    } catch (UnsupportedException missing) {
      Assumptions.abort(String.valueOf(missing.getMessage()));
      throw missing;
    }
  }
}

package dev.skep.run;

import dev.skep.engine.Engine;
import dev.skep.jit.arm64.A64Layout;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Assumptions;

/** The engine "arm64" of tests: programs as arm64 code in an emulator. */
@NullMarked
public final class ArmEngine {
  private ArmEngine() {}

  /** Skips the test where there is no emulator. */
  public static Engine open(VmOptions options) {
    Assumptions.assumeTrue(ArmEmulator.missing().isEmpty(), ArmEmulator.missing());
    A64Layout layout = ArmExecutionTest.layout(A64Layout.Dialect.LINUX_6_18, true, false);
    return ArmBackend.vm(options, layout, "-cpu", "max");
  }
}

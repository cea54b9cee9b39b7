package dev.skep.run;

import dev.skep.engine.Engine;
import dev.skep.jit.arm64.A64Layout;
import dev.skep.jit.arm64.A64Layout.Dialect;
import dev.skep.rewrite.RewriteOptions;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Assumptions;

/** The engine "arm64" of tests: programs as arm64 code in an emulator. */
@NullMarked
public final class ArmEngine {
  private ArmEngine() {}

  /** The words of Linux 6.18; skips the test where there is no emulator. */
  public static Engine open(VmOptions options) {
    return open(options, ArmExecutionTest.layout(Dialect.LINUX_6_18, true, false));
  }

  /** As {@link #open}, with the words of later kernels, BTI, PAC and the tail calls of Linux. */
  public static Engine openGuarded(VmOptions options) {
    A64Layout layout = ArmExecutionTest.layout(Dialect.MAINLINE, true, true);
    return open(options.withRewrites(RewriteOptions.LINUX), layout);
  }

  private static Engine open(VmOptions options, A64Layout layout) {
    Assumptions.assumeTrue(ArmEmulator.missing().isEmpty(), ArmEmulator.missing());
    return ArmBackend.vm(options, layout, "-cpu", "max");
  }
}

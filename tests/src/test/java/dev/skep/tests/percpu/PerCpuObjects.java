package dev.skep.tests.percpu;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.TestRun;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.Feature;
import dev.skep.linux.KernelFeatures;
import dev.skep.object.BpfObject;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import dev.skep.tests.engines.Engines;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;

/** The objects of these tests, and engines with CPUs of any numbers. */
final class PerCpuObjects {
  private static final int RUN_ON_CPU = 1;

  private PerCpuObjects() {}

  /** Something that an engine may refuse. */
  interface Step {
    void run();
  }

  /** An object of these tests, parsed afresh. */
  static BpfObject object(String name) {
    String file = "/percpu/" + name + ".bpf.o";
    try (InputStream in = PerCpuObjects.class.getResourceAsStream(file)) {
      return BpfObject.open(name, Objects.requireNonNull(in, file).readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An engine for global per-CPU data; skips the test where it has none. */
  static Engine open(String engine) {
    Engine opened = Engines.open(engine);
    if (engine.equals("linux")) {
      Assumptions.assumeTrue(
          KernelFeatures.host().has(Feature.PERCPU_DATA),
          "this kernel has no global per-CPU data and no BPF_F_CPU");
    }
    return opened;
  }

  /**
   * An engine whose possible CPUs have those numbers; skips the test where they cannot be chosen.
   */
  static Engine open(String engine, int... cpus) {
    return open(engine, VmOptions.standard().withCpus(cpus));
  }

  /** An engine of two CPUs that keeps programs' constants out of its code. */
  static Engine blinding(String engine) {
    return open(engine, VmOptions.ofCpus(2).withRewrites(RewriteOptions.SEED.blinded()));
  }

  private static Engine open(String engine, VmOptions options) {
    try {
      return switch (engine) {
        case "interp" -> Vm.interp(options);
        case "jit" -> Vm.jit(options);
        case "jit-kernel" -> Vm.jitKernel(options);
        default -> {
          Assumptions.abort("the CPUs of this engine are the machine's");
          throw new AssertionError();
        }
      };
    } catch (UnsupportedException missing) {
      Assumptions.abort(String.valueOf(missing.getMessage()));
      throw missing;
    }
  }

  /** Runs a raw tracepoint program on a CPU. */
  static int runOn(LoadedProgram program, int cpu) {
    return program.testRun(new TestRun(null, null, 1, -1, -1, RUN_ON_CPU, cpu, 0)).retval();
  }

  /** The element flags that name a CPU. */
  static long cpu(int number) {
    return (long) number << 32 | BpfMap.CPU;
  }

  /** The variable's bytes on a CPU. */
  static long number(LoadedObject object, String map, int cpu, int offset, int bytes) {
    byte[] value = Objects.requireNonNull(object.map(map).lookup(new byte[4], cpu(cpu)));
    return Engines.number(java.util.Arrays.copyOfRange(value, offset, offset + bytes));
  }

  /** The errno that something fails with, 0 if it does not. */
  static int errno(Step step) {
    try {
      step.run();
      return 0;
    } catch (BpfErrnoException refused) {
      return refused.errno();
    } catch (RejectedException refused) {
      return refused.errno();
    }
  }
}

package dev.skep.cli;

import dev.skep.engine.Engine;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.KernelBtf;
import dev.skep.linux.KernelEngine;
import dev.skep.natives.CpuFeatures;
import dev.skep.program.Dialect;
import dev.skep.program.HostFacts;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import dev.skep.verify.VerifierOptions;
import java.util.HashMap;
import java.util.Map;

/** The engines by their names on the command line, each opened when it is first asked for. */
final class Engines implements AutoCloseable {
  static final int MAX_CPUS = 256;

  /** As many as this machine has: for the verifier and the engines of the JVM alike. */
  static final int DEFAULT_CPUS = Math.min(Runtime.getRuntime().availableProcessors(), MAX_CPUS);

  private final int cpus;
  private final Map<String, Engine> open = new HashMap<>();

  Engines(int cpus) {
    this.cpus = cpus;
  }

  /**
   * How programs are judged that the engines of the JVM run: by the rules of later kernels, without
   * a log.
   */
  static VerifierOptions verifier() {
    return VerifierOptions.standard()
        .withHost(HostFacts.root(DEFAULT_CPUS))
        .withKernel(KernelBtf.types())
        .withDialect(Dialect.MAINLINE);
  }

  /**
   * The engine of that name.
   *
   * @throws UsageException if there is none
   * @throws UnsupportedException if this machine cannot offer it
   */
  Engine named(String name) {
    Engine engine = open.get(name);
    if (engine == null) {
      engine = start(name);
      open.put(name, engine);
    }
    return engine;
  }

  private Engine start(String name) {
    VmOptions options =
        VmOptions.ofCpus(cpus).withKernel(KernelBtf.types()).withTrace(System.err::print);
    return switch (name) {
      case "interp" -> Vm.interp(options);
      case "jit", "jit-kernel" -> {
        if (!CpuFeatures.host().x64()) {
          throw new UnsupportedException("engine " + name + " on a processor that is not x86-64");
        }
        yield name.equals("jit") ? Vm.jit(options) : Vm.jitKernel(options);
      }
      case "linux" -> {
        KernelEngine.Availability availability = KernelEngine.available();
        if (!availability.available()) {
          throw new UnsupportedException("engine linux: " + availability.reason());
        }
        yield KernelEngine.host();
      }
      default ->
          throw new UsageException(
              "unknown engine \"" + name + "\": interp, jit, jit-kernel or linux");
    };
  }

  @Override
  public void close() {
    open.values().forEach(Engine::close);
  }
}

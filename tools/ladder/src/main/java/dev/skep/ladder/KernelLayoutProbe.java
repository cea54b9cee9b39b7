package dev.skep.ladder;

import dev.skep.jit.x64.KernelLayout;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelFacts;
import dev.skep.natives.CpuFeatures;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what decides the bytes of a kernel's machine code: the CPU, the mitigations that are
 * on, and the configuration; by loading tiny programs and reading their code.
 */
public final class KernelLayoutProbe {
  private static final Map<KernelEngine, Result> KNOWN = new WeakHashMap<>();

  private KernelLayoutProbe() {}

  /**
   * What was found.
   *
   * @param layout the same choices for {@link dev.skep.jit.x64.X64Jit}; null when it has no such
   * @param facts the choices in words, as in "return thunks"
   * @param unsupported what Skep's JIT cannot imitate, as in "kernel jit with call depth tracking";
   *     null beside a layout
   */
  public record Result(
      @Nullable KernelLayout layout, List<String> facts, @Nullable String unsupported) {
    static Result unsupported(String what) {
      return new Result(null, List.of(), what);
    }

    /** One line for people. */
    public String text() {
      String found = String.join(", ", facts);
      return unsupported == null
          ? found
          : found.isEmpty() ? unsupported : unsupported + " (" + found + ")";
    }
  }

  /** What the kernel behind that engine does; asked once. */
  public static Result of(KernelEngine kernel) {
    synchronized (KNOWN) {
      Result known = KNOWN.get(kernel);
      if (known == null) {
        known = probe(kernel);
        KNOWN.put(kernel, known);
      }
      return known;
    }
  }

  /** What the running kernel does; asked once. */
  public static Result host() {
    return Holder.HOST;
  }

  private static Result probe(KernelEngine kernel) {
    if (!CpuFeatures.host().x64()) {
      return Result.unsupported("kernel jit of " + System.getProperty("os.arch"));
    }
    KernelFacts facts = KernelFacts.read();
    if (facts.jitEnabled().equals("0")) {
      return Result.unsupported("kernel jit: off (net.core.bpf_jit_enable = 0)");
    }
    ProbeImages images = ProbeImages.of(program -> ProbePrograms.image(kernel, program));
    return LayoutReader.read(images, facts.fiveLevelPaging());
  }

  private static Result probeHost() {
    KernelEngine.Availability availability = KernelEngine.available();
    if (!availability.available()) {
      return Result.unsupported(availability.reason());
    }
    try (KernelEngine kernel = KernelEngine.host()) {
      return probe(kernel);
    }
  }

  private static final class Holder {
    static final Result HOST = probeHost();
  }
}

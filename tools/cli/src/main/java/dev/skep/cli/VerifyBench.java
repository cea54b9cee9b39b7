package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.engine.BpfMap;
import dev.skep.engine.ObjectLoader;
import dev.skep.errors.SkepException;
import dev.skep.ladder.KernelHazard;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelVerdict;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import dev.skep.verify.VerifierStats;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What verification costs per processed instruction: Skep's verifier, and where it is asked for the
 * kernel's BPF_PROG_LOAD, in turn. The kernel's time is that of the whole call, so it includes
 * rewriting and compiling, but not loading BTF; both write no log.
 */
final class VerifyBench {
  private static final long NANOS_PER_ROUND = 5_000_000;
  private static final int MOST_PER_ROUND = 100_000;

  /** What the JVM needs to compile the verifier's paths for a program. */
  private static final long WARM_UP_NANOS = 700_000_000;

  /**
   * Nanoseconds per processed instruction.
   *
   * @param insns that Skep processed
   * @param linux null where the kernel was not asked, must not be, or has another verdict
   */
  record Result(long insns, Rounds.Result skep, Rounds.@Nullable Result linux) {
    /** Writes the fields into an open JSON object. */
    void writeFields(JsonGenerator json) throws IOException {
      BenchReport.writeNanos(json, "ns_per_insn", skep);
      if (linux != null) {
        BenchReport.writeNanos(json, "linux_ns_per_insn", linux);
      }
    }
  }

  private VerifyBench() {}

  /**
   * Measures one program.
   *
   * @param options as for the verdict; no log is written, whatever they say
   * @param kernel the running kernel, or null to leave it out
   * @return null for a program that is not judged: refused before its first instruction, or not
   *     supported
   */
  static @Nullable Result measure(
      Program program, VerifierOptions options, @Nullable KernelEngine kernel, int rounds) {
    VerifierOptions quiet = options.withLogLevel(0);
    Verdict verdict = Verifier.verify(program, quiet);
    VerifierStats stats = verdict.stats();
    if (verdict instanceof Verdict.Unsupported || stats.insnsProcessed() == 0) {
      return null;
    }
    long insns = stats.insnsProcessed();
    List<BpfMap> maps = new ArrayList<>();
    try {
      List<Rounds.Part> parts = new ArrayList<>();
      parts.add(part(times -> verify(program, quiet, times)));
      if (kernel != null
          && createMaps(program, kernel, maps)
          && agrees(verdict, kernel, program, maps)) {
        parts.add(part(times -> load(kernel, program, maps, times)));
      }
      warmUp(program, quiet);
      List<Rounds.Result> results = Rounds.interleaved(rounds, parts);
      return new Result(
          insns,
          results.getFirst().per(insns),
          results.size() == 1 ? null : results.getLast().per(insns));
    } finally {
      maps.forEach(BpfMap::close);
    }
  }

  private static Rounds.Part part(Rounds.Work work) {
    int times = Rounds.times(work, NANOS_PER_ROUND, MOST_PER_ROUND);
    Rounds.warmUp(work, times);
    return new Rounds.Part(work, Rounds.times(work, NANOS_PER_ROUND, MOST_PER_ROUND));
  }

  /** False where the kernel cannot make them, or must not see the program. */
  private static boolean createMaps(Program program, KernelEngine kernel, List<BpfMap> maps) {
    if (KernelHazard.isHazard(program)) {
      return false;
    }
    try {
      for (MapSpec spec : program.maps()) {
        maps.add(kernel.createMap(ObjectLoader.sized(spec, kernel.cpus())));
      }
      return true;
    } catch (SkepException refused) {
      return false;
    }
  }

  /** Only then both have done the same work. */
  private static boolean agrees(
      Verdict verdict, KernelEngine kernel, Program program, List<BpfMap> maps) {
    try (KernelVerdict linux = kernel.judge(program, maps, 0)) {
      return verdict instanceof Verdict.Rejected rejected
          ? linux.errno() == rejected.errno()
          : linux.accepted();
    } catch (SkepException refused) {
      return false;
    }
  }

  private static long verify(Program program, VerifierOptions options, int times) {
    long start = System.nanoTime();
    for (int i = 0; i < times; i++) {
      Verifier.verify(program, options);
    }
    return System.nanoTime() - start;
  }

  /** The time of the command alone: that of giving the program back is not counted. */
  private static long load(KernelEngine kernel, Program program, List<BpfMap> maps, int times) {
    long nanos = 0;
    for (int i = 0; i < times; i++) {
      try (KernelVerdict verdict = kernel.judge(program, maps, 0)) {
        nanos += verdict.nanos();
      }
    }
    return nanos;
  }

  private static void warmUp(Program program, VerifierOptions options) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < WARM_UP_NANOS) {
      verify(program, options, 1);
    }
  }
}

package dev.skep.bench;

import dev.skep.engine.BpfMap;
import dev.skep.engine.ObjectLoader;
import dev.skep.errors.SkepException;
import dev.skep.linux.KernelBtf;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelFacts;
import dev.skep.linux.KernelVerdict;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import dev.skep.program.Dialect;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What verification costs per processed instruction once the JVM is warm, beside what the running
 * kernel says it took ("verification time" of its log's statistics), in turn, round by round.
 *
 * <pre>
 *   VerifyBench [--rounds N] [-o json] [--only TEXT] [--cpu] ROOT [OBJECT...]
 * </pre>
 *
 * With --cpu Skep's time is that of the thread's CPU alone, for machines that are busy: without
 * collections of garbage, which other threads do.
 */
public final class VerifyBench {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int STATISTICS = 4;
  private static final Pattern TIME = Pattern.compile("verification time (\\d+) usec");

  /** CPU time of this thread while the JVM compiles the verifier's paths. */
  private static final long WARM_UP_NANOS = 1_500_000_000L;

  private static final long NANOS_PER_ROUND = 4_000_000;

  private record Case(Program program, List<BpfMap> maps) {}

  private final VerifierOptions options =
      new VerifierOptions(
          Dialect.V6_18, KernelFacts.read().host(), 0, Integer.MAX_VALUE, KernelBtf.types());
  private final @Nullable KernelEngine kernel;
  private final int rounds;
  private final boolean json;
  private final String only;
  private final boolean cpu;

  private VerifyBench(
      @Nullable KernelEngine kernel, int rounds, boolean json, String only, boolean cpu) {
    this.kernel = kernel;
    this.cpu = cpu;
    this.rounds = rounds;
    this.json = json;
    this.only = only;
  }

  public static void main(String[] args) throws Exception {
    int rounds = 15;
    boolean json = false;
    String only = "";
    boolean cpu = false;
    List<Path> paths = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--rounds" -> rounds = Integer.parseInt(args[++i]);
        case "--cpu" -> cpu = true;
        case "--only" -> only = args[++i];
        case "-o" -> json = args[++i].equals("json");
        default -> paths.add(Path.of(args[i]));
      }
    }
    Path root = paths.removeFirst();
    KernelEngine.Availability availability = KernelEngine.available();
    if (!availability.available()) {
      System.err.println("linux is not measured: " + availability.reason());
    }
    try (KernelEngine kernel = availability.available() ? KernelEngine.host() : null) {
      VerifyBench bench = new VerifyBench(kernel, rounds, json, only, cpu);
      if (paths.isEmpty()) {
        paths.add(root.resolve("bench/objects/verify.bpf.o"));
        VerifyPrograms.ordinary().forEach(bench::measure);
        VerifyPrograms.endless().forEach(bench::measure);
      }
      for (Path path : paths) {
        bench.measure(path);
      }
    }
  }

  private void measure(Path path) {
    BpfObject object = BpfObject.open(path);
    if (object.needsKernelBtf() && KernelBtf.types().vmlinux() != null) {
      object.kernelBtf(Objects.requireNonNull(KernelBtf.types().vmlinux()));
    }
    for (ObjectProgram entry : object.programs()) {
      try {
        measure(object.toProgram(entry));
      } catch (SkepException refused) {
        System.err.println(path + ":" + entry.name() + ": " + refused.getMessage());
      }
    }
  }

  private void measure(Program program) {
    if (!program.name().contains(only)) {
      return;
    }
    Verdict verdict = Verifier.verify(program, options);
    long insns = verdict.stats().insnsProcessed();
    if (verdict instanceof Verdict.Unsupported || insns == 0) {
      System.err.println(program.name() + ": " + verdict);
      return;
    }
    List<BpfMap> maps = new ArrayList<>();
    try {
      boolean linux = kernel != null && create(kernel, program, maps);
      Case measured = new Case(program, maps);
      double[] own = new double[rounds];
      double[] linuxs = new double[linux ? rounds : 0];
      long start = THREADS.getCurrentThreadCpuTime();
      while (THREADS.getCurrentThreadCpuTime() - start < WARM_UP_NANOS) {
        Verifier.verify(program, options);
      }
      for (int round = 0; round < rounds; round++) {
        own[round] = verify(program) / insns;
        if (linux) {
          linuxs[round] = load(measured) / insns;
        }
      }
      print(program.name(), insns, own, linuxs);
    } finally {
      maps.forEach(BpfMap::close);
    }
  }

  private static boolean create(KernelEngine kernel, Program program, List<BpfMap> maps) {
    try {
      for (MapSpec spec : program.maps()) {
        maps.add(kernel.createMap(ObjectLoader.sized(spec, kernel.cpus())));
      }
      return true;
    } catch (SkepException refused) {
      return false;
    }
  }

  /** Nanoseconds that Skep takes for a program. */
  private double verify(Program program) {
    int times = 0;
    long start = clock();
    long now;
    do {
      Verifier.verify(program, options);
      times++;
      now = clock();
    } while (now - start < NANOS_PER_ROUND);
    return (double) (now - start) / times;
  }

  private long clock() {
    return cpu ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
  }

  /** Nanoseconds that the kernel says it took. */
  private double load(Case measured) {
    double nanos = 0;
    int times = 0;
    do {
      nanos += linuxNanos(measured);
      times++;
    } while (nanos < NANOS_PER_ROUND / 2);
    return nanos / times;
  }

  private double linuxNanos(Case measured) {
    KernelEngine engine = Objects.requireNonNull(kernel);
    try (KernelVerdict verdict = engine.judge(measured.program(), measured.maps(), STATISTICS)) {
      Matcher time = TIME.matcher(verdict.log());
      if (!time.find()) {
        throw new IllegalStateException("no verification time in: " + verdict.log());
      }
      return Math.max(1, Long.parseLong(time.group(1))) * 1000.0;
    }
  }

  private boolean headed;

  private void print(String name, long insns, double[] own, double[] linux) {
    double[] ratios = new double[linux.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = own[i] / linux[i];
    }
    Arrays.sort(own);
    Arrays.sort(linux);
    Arrays.sort(ratios);
    if (json) {
      String beside =
          linux.length == 0
              ? ""
              : String.format(
                  ",\"linux_ns_per_insn\":%.1f,\"linux_ns_per_insn_min\":%.1f,\"ratio\":%.3f",
                  middle(linux), linux[0], middle(ratios));
      System.out.printf(
          "{\"program\":\"%s\",\"insns\":%d,\"ns_per_insn\":%.1f,\"ns_per_insn_min\":%.1f%s}%n",
          name, insns, middle(own), own[0], beside);
      return;
    }
    if (!headed) {
      headed = true;
      System.out.printf(
          "%-34s %8s %9s %9s %9s %9s %7s%n",
          "ns per instruction", "insns", "skep", "best", "linux", "best", "ratio");
    }
    System.out.printf("%-34s %8d %9.1f %9.1f", name, insns, middle(own), own[0]);
    if (linux.length > 0) {
      System.out.printf(" %9.1f %9.1f %7.3f", middle(linux), linux[0], middle(ratios));
    }
    System.out.println();
  }

  private static double middle(double[] sorted) {
    return sorted[sorted.length / 2];
  }
}

package dev.skep.bench;

import dev.skep.engine.BpfMap;
import dev.skep.engine.ObjectLoader;
import dev.skep.errors.SkepException;
import dev.skep.linux.KernelBtf;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelVerdict;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * How long {@code skep verify OBJECT} takes as a user starts it, in a new process by the launcher,
 * beside the time of the running kernel's BPF_PROG_LOAD, summed over the object's programs.
 *
 * <pre>
 *   ColdStart [--rounds N] [-o json] ROOT [OBJECT...]
 * </pre>
 */
public final class ColdStart {
  /** What a start may take beside twice the kernel's time. */
  private static final double ALLOWED_MILLIS = 300;

  private final Path launcher;
  private final KernelEngine kernel;
  private final int rounds;

  private ColdStart(Path launcher, KernelEngine kernel, int rounds) {
    this.launcher = launcher;
    this.kernel = kernel;
    this.rounds = rounds;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    int rounds = 15;
    boolean json = false;
    List<Path> paths = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--rounds" -> rounds = Integer.parseInt(args[++i]);
        case "-o" -> json = args[++i].equals("json");
        default -> paths.add(Path.of(args[i]));
      }
    }
    Path root = paths.removeFirst();
    if (paths.isEmpty()) {
      paths.add(root.resolve("bench/objects/fifty.bpf.o"));
    }
    KernelEngine.Availability availability = KernelEngine.available();
    if (!availability.available()) {
      System.err.println("nothing to compare with: " + availability.reason());
      return;
    }
    try (KernelEngine kernel = KernelEngine.host()) {
      ColdStart bench = new ColdStart(root.resolve("skep"), kernel, rounds);
      for (Path path : paths) {
        bench.measure(path, json);
      }
    }
  }

  private void measure(Path path, boolean json) throws IOException, InterruptedException {
    List<Program> programs = programs(path);
    start(path);
    linux(programs);
    double[] own = new double[rounds];
    double[] linux = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      own[round] = start(path);
      linux[round] = linux(programs);
    }
    Arrays.sort(own);
    Arrays.sort(linux);
    double median = own[rounds / 2];
    double allowed = ALLOWED_MILLIS + 2 * linux[rounds / 2];
    System.out.printf(
        Locale.ROOT,
        json
            ? "{\"object\":\"%s\",\"programs\":%d,\"start_ms\":{\"min\":%.1f,\"median\":%.1f},"
                + "\"linux_ms\":{\"min\":%.1f,\"median\":%.1f},\"allowed_ms\":%.1f}%n"
            : "%s, %d programs: skep verify %.1f ms (median %.1f), linux %.1f ms (median %.1f),"
                + " twice that and 300 ms are %.1f ms%n",
        path.getFileName(),
        programs.size(),
        own[0],
        median,
        linux[0],
        linux[rounds / 2],
        allowed);
  }

  private static List<Program> programs(Path path) {
    BpfObject object = BpfObject.open(path);
    if (object.needsKernelBtf()) {
      object.kernelBtf(Objects.requireNonNull(KernelBtf.types().vmlinux()));
    }
    List<Program> programs = new ArrayList<>();
    for (ObjectProgram entry : object.programs()) {
      programs.add(object.toProgram(entry));
    }
    return programs;
  }

  /** Milliseconds of one process, from its start to its end. */
  private double start(Path path) throws IOException, InterruptedException {
    ProcessBuilder command =
        new ProcessBuilder(launcher.toString(), "verify", path.toString())
            .redirectOutput(new File("/dev/null"))
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    long start = System.nanoTime();
    int status = command.start().waitFor();
    double millis = (System.nanoTime() - start) / 1e6;
    if (status > 1) {
      throw new IOException("skep verify " + path + " ended with " + status);
    }
    return millis;
  }

  /** Milliseconds that the kernel takes for the programs, without making their maps. */
  private double linux(List<Program> programs) {
    long nanos = 0;
    for (Program program : programs) {
      List<BpfMap> maps = new ArrayList<>();
      try {
        for (MapSpec spec : program.maps()) {
          maps.add(kernel.createMap(ObjectLoader.sized(spec, kernel.cpus())));
        }
        try (KernelVerdict verdict = kernel.judge(program, maps, 0)) {
          nanos += verdict.nanos();
        }
      } catch (SkepException refused) {
        System.err.println(program.name() + ": " + refused.getMessage());
      } finally {
        maps.forEach(BpfMap::close);
      }
    }
    return nanos / 1e6;
  }
}

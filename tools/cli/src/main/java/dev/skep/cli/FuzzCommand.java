package dev.skep.cli;

import dev.skep.errors.UnsupportedException;
import dev.skep.fuzz.Campaign;
import dev.skep.fuzz.CampaignState;
import dev.skep.fuzz.Recipe;
import dev.skep.ladder.Ladder;
import dev.skep.ladder.Rung;
import dev.skep.linux.KernelEngine;
import dev.skep.natives.CpuFeatures;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skep fuzz}: generated and mutated programs, Skep beside the running kernel. */
@Command(
    name = "fuzz",
    description = "Compare generated programs with the running kernel, from verdict to behaviour.")
final class FuzzCommand implements Callable<Integer> {
  private static final long DEFAULT_COUNT = 10_000;
  private static final long SAVE_NANOS = 2_000_000_000L;
  private static final int FINISH_SECONDS = 60;

  @Mixin GlobalOptions global;
  @Spec CommandSpec spec;

  @Option(names = "--seed", paramLabel = "S", description = "First seed (default 0).")
  @Nullable Long seed;

  @Option(names = "--count", paramLabel = "N", description = "How many seeds (default 10000).")
  @Nullable Long count;

  @Option(names = "--time", paramLabel = "T", description = "Stop after 90s, 10m or 2h.")
  @Nullable String time;

  @Option(names = "--jobs", paramLabel = "N", description = "Threads (default: all CPUs).")
  int jobs = Runtime.getRuntime().availableProcessors();

  @Option(
      names = {"--resume", "--state"},
      paramLabel = "FILE",
      description = "Keep what is done in FILE, and go on from there.")
  @Nullable Path resume;

  @Option(
      names = "--rungs",
      split = ",",
      paramLabel = "RUNG",
      description = {
        "Only these: verdict, reason, counters, log2, xlated, jited, interp, jit, jit-kernel.",
        "verdict and reason alone are the quickest: maps are used again."
      })
  List<String> rungs = new ArrayList<>();

  @Option(
      names = "--mutate",
      arity = "1..*",
      paramLabel = "OBJ",
      description = "Mutate the programs of these objects and directories, too.")
  List<Path> mutate = new ArrayList<>();

  @Option(names = "--wild", paramLabel = "PERCENT", description = "Spoilt or mutated (default 40).")
  int wild = 40;

  @Option(names = "--logs", paramLabel = "PERCENT", description = "With whole log (default 10).")
  int logs = 10;

  @Option(
      names = "--soundness",
      description = "Run accepted programs instead, registers held against the verifier's claims.")
  boolean soundness;

  @Option(names = "--out", paramLabel = "FILE", description = "Append disagreements to FILE.")
  @Nullable Path out;

  @Option(names = "-o", paramLabel = "FORMAT", description = "text or json.")
  String format = "text";

  @Override
  public Integer call() throws IOException {
    check();
    if (soundness) {
      return new SoundnessRuns(seed == null ? 0 : seed, total())
          .run(jobs, json(), spec.commandLine().getOut());
    }
    KernelEngine.Availability linux = KernelEngine.available();
    if (!linux.available()) {
      throw new UnsupportedException("fuzz: " + linux.reason());
    }
    FuzzCorpus corpus = FuzzCorpus.of(mutate);
    Recipe recipe = new Recipe(wild, logs, corpus.samples());
    String name =
        "wild " + wild + ", logs " + logs + ", " + "rungs " + wanted() + ", " + corpus.text();
    CampaignState state = state(name);
    try (FuzzOutput output = output()) {
      Campaign campaign = new Campaign(recipe, state, this::ladder, output::found);
      runToEnd(campaign, state, output);
      return campaign.complaint().isEmpty() && state.counts().different() == 0
          ? ExitStatus.OK
          : ExitStatus.REJECTED;
    }
  }

  private void check() {
    if (jobs < 1) {
      throw new UsageException("--jobs: must be at least 1");
    }
    if (wild < 0 || wild > 100) {
      throw new UsageException("--wild: must be 0 to 100");
    }
    if (logs < 0 || logs > 100) {
      throw new UsageException("--logs: must be 0 to 100");
    }
    if (count != null && count < 0) {
      throw new UsageException("--count: must not be negative");
    }
    if (!format.equals("text") && !format.equals("json")) {
      throw new UsageException("-o: unknown format \"" + format + "\"");
    }
    wanted();
    nanos();
  }

  private Set<Rung> wanted() {
    Set<Rung> set = EnumSet.noneOf(Rung.class);
    for (String text : rungs) {
      Rung rung =
          Arrays.stream(Rung.values())
              .filter(each -> each.key().equals(text))
              .findFirst()
              .orElseThrow(() -> new UsageException("--rungs: unknown rung \"" + text + "\""));
      set.add(rung);
    }
    return set.isEmpty() ? EnumSet.allOf(Rung.class) : set;
  }

  /** The time that was asked for, or null. */
  private @Nullable Long nanos() {
    if (time == null) {
      return null;
    }
    String digits = time.replaceFirst("[smh]$", "");
    long unit =
        switch (time.charAt(Math.max(0, time.length() - 1))) {
          case 'm' -> 60;
          case 'h' -> 3600;
          default -> 1;
        };
    if (!digits.matches("[0-9]{1,7}")) {
      throw new UsageException("--time: \"" + time + "\" is no time like 90s, 10m or 2h");
    }
    return TimeUnit.SECONDS.toNanos(Long.parseLong(digits) * unit);
  }

  private CampaignState state(String recipe) throws IOException {
    if (resume == null || !Files.exists(resume)) {
      return new CampaignState(recipe);
    }
    CampaignState state = CampaignState.load(resume);
    if (!state.recipe().equals(recipe)) {
      throw new UsageException("--resume: " + resume + " is of other options: " + state.recipe());
    }
    return state;
  }

  private FuzzOutput output() throws IOException {
    PrintWriter lines = null;
    if (out != null) {
      lines =
          new PrintWriter(
              Files.newBufferedWriter(
                  out,
                  StandardCharsets.UTF_8,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.APPEND));
    }
    return new FuzzOutput(spec.commandLine().getOut(), lines, json(), total());
  }

  private boolean json() {
    return global.anyJson() || format.equals("json");
  }

  private long total() {
    return count != null ? count : time != null ? Long.MAX_VALUE / 2 : DEFAULT_COUNT;
  }

  /** A ladder with the engines that are wanted. */
  private Ladder ladder() {
    Set<Rung> wanted = wanted();
    Ladder ladder = new Ladder(false);
    if (!wanted.contains(Rung.XLATED) && !wanted.contains(Rung.JITED)) {
      ladder.withoutCode();
    }
    if (wanted.contains(Rung.INTERP)) {
      ladder.with(Rung.INTERP, Vm.interp(VmOptions.ofCpus(ladder.cpus())));
    }
    if (wanted.contains(Rung.JIT) && CpuFeatures.host().x64()) {
      ladder.with(Rung.JIT, Vm.jit(VmOptions.ofCpus(ladder.cpus())));
    }
    if (wanted.contains(Rung.JIT_KERNEL) && CpuFeatures.host().x64()) {
      ladder.with(Rung.JIT_KERNEL, Vm.jitKernel(VmOptions.ofCpus(ladder.cpus())));
    }
    return ladder;
  }

  /** Runs; an interrupt ends it soon, with the state saved and the tables printed. */
  private void runToEnd(Campaign campaign, CampaignState state, FuzzOutput output)
      throws IOException {
    CountDownLatch ended = new CountDownLatch(1);
    Thread hook =
        new Thread(() -> {
          campaign.stop();
          await(ended);
        });
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      run(campaign, state, output);
      output.end(state, campaign.complaint());
    } finally {
      output.clearProgress();
      ended.countDown();
      removeHook(hook);
    }
  }

  private void run(Campaign campaign, CampaignState state, FuzzOutput output) {
    Long nanos = nanos();
    long start = System.nanoTime();
    long[] saved = {start};
    campaign.run(
        seed == null ? 0 : seed,
        total(),
        nanos == null ? null : start + nanos,
        jobs,
        now -> {
          output.progress(now);
          if (System.nanoTime() - saved[0] > SAVE_NANOS) {
            saved[0] = System.nanoTime();
            save(now);
          }
        });
    save(state);
    output.clearProgress();
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      // The JVM is on its way out and runs the hook.
      return;
    }
  }

  private static void await(CountDownLatch ended) {
    try {
      // What a thread does when it is told to stop is one program, or one that is being shrunk.
      if (!ended.await(FINISH_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("skep: fuzz: threads do not end; the state is that of the last save");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void save(CampaignState state) {
    if (resume != null) {
      try {
        state.save(resume);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}

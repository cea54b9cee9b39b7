package dev.skep.tests.stress;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import dev.skep.tests.engines.Leaks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tail calls while everything about them changes: runners, more of them than CPUs, and some in
 * virtual threads; updaters that fill, replace and empty slots; a loader that loads programs anew
 * and closes those in use; an extension that comes and goes; worlds that are made, run and torn
 * down beside it. Every result must be one that some moment's arrays allow; whenever all pause,
 * results must be those of the arrays, and the counters that programs kept those of the results. In
 * the end nothing may be left.
 *
 * <pre>
 *   TailCallStress [--engines jit-kernel,jit] [--seconds N] [--updates N] [--seed N]
 * </pre>
 */
public final class TailCallStress {
  private static final int RUNNERS = 4;
  private static final int VIRTUAL_RUNNERS = 4;
  private static final int UPDATERS = 2;
  private static final int CPUS = 4;
  private static final int PAUSE_MILLIS = 500;
  private static final int RELOAD_MILLIS = 2;
  private static final int WORLD_MILLIS = 100;
  private static final int PATIENCE_SECONDS = 60;

  /** What was done in one stress. */
  record Report(
      String engine,
      double seconds,
      long runs,
      long updates,
      long reloads,
      long extensions,
      long worlds,
      long pauses) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%-10s %.0f s: %,d runs, %,d updates of slots (%,.0f/s), %,d programs loaded and"
              + " unloaded, %,d extensions attached and taken away, %,d worlds torn down,"
              + " %,d comparisons at rest",
          engine,
          seconds,
          runs,
          updates,
          updates / seconds,
          reloads,
          extensions,
          worlds,
          pauses);
    }
  }

  private final Vm vm;
  private final Random seeds;
  private final StressWorld world;
  private final AtomicReference<@Nullable StressWorld> side = new AtomicReference<>();
  private final ReentrantReadWriteLock pause = new ReentrantReadWriteLock(true);
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final AtomicLong updates = new AtomicLong();
  private final AtomicLong reloads = new AtomicLong();
  private final AtomicLong extensions = new AtomicLong();
  private final AtomicLong worlds = new AtomicLong();
  private final List<StressRunner> runners = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();

  private TailCallStress(Vm vm, long seed) {
    this.vm = vm;
    seeds = new Random(seed);
    world = new StressWorld(vm);
  }

  /** One step of a thread's work. */
  private interface Step {
    void take() throws InterruptedException;
  }

  /**
   * Stresses an engine for a time, and longer until so many updates are made.
   *
   * @throws IllegalStateException on what must not be
   */
  static Report run(
      String engine, Function<VmOptions, Vm> open, double seconds, long updates, long seed)
      throws InterruptedException {
    // What stays for good is there from now on.
    try (Vm vm = open.apply(VmOptions.ofCpus(CPUS))) {
      new StressWorld(vm).close();
    }
    Leaks before = Leaks.now();
    Report report;
    try (Vm vm = open.apply(VmOptions.ofCpus(CPUS))) {
      long text = vm.codeBytes();
      report = new TailCallStress(vm, seed).run(engine, seconds, updates);
      vm.machine().gracePeriods().synchronize();
      check(vm.machine().gracePeriods().pending() == 0, "deferred work is left");
      check(vm.codeBytes() == text, vm.codeBytes() - text + " bytes of text are left");
    }
    String left = Leaks.now().since(before);
    check(left.isEmpty(), "left behind: " + left);
    return report;
  }

  private static void check(boolean good, String what) {
    if (!good) {
      throw new IllegalStateException(what);
    }
  }

  private Report run(String engine, double seconds, long wanted) throws InterruptedException {
    startThreads();
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    long pauses = 0;
    try {
      while (failure.get() == null && (System.nanoTime() < end || updates.get() < wanted)) {
        Thread.sleep(PAUSE_MILLIS);
        compareAtRest();
        pauses++;
      }
    } catch (RuntimeException wrong) {
      failure.compareAndSet(null, wrong);
    }
    endThreads();
    compareAtRest();
    double took = (System.nanoTime() - start) / 1e9;
    long runs = runners.stream().mapToLong(runner -> runner.runs).sum();
    checkCounters();
    world.close();
    return new Report(
        engine,
        took,
        runs,
        updates.get(),
        reloads.get(),
        extensions.get(),
        worlds.get(),
        pauses + 1);
  }

  /** Waits for all, so that nothing runs when the engine is closed; throws what went wrong. */
  private void endThreads() throws InterruptedException {
    stop.set(true);
    for (Thread thread : threads) {
      check(thread.join(Duration.ofSeconds(PATIENCE_SECONDS)), thread + " hangs");
    }
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new IllegalStateException("the stress failed: " + thrown, thrown);
    }
  }

  private void startThreads() {
    ThreadFactory platform = Thread.ofPlatform().name("stress-", 0).factory();
    ThreadFactory virtual = Thread.ofVirtual().name("stress-virtual-", 0).factory();
    for (int i = 0; i < RUNNERS + VIRTUAL_RUNNERS; i++) {
      StressRunner runner = new StressRunner(seeds.nextLong());
      runners.add(runner);
      StressRunner beside = new StressRunner(seeds.nextLong());
      start(i < RUNNERS ? platform : virtual, () -> runnerStep(runner, beside));
    }
    for (int i = 0; i < UPDATERS; i++) {
      Random random = new Random(seeds.nextLong());
      start(platform, () -> resting(() -> update(random)));
    }
    Random random = new Random(seeds.nextLong());
    start(
        platform,
        () -> {
          resting(() -> reload(random));
          Thread.sleep(RELOAD_MILLIS);
        });
    Random copies = new Random(seeds.nextLong());
    start(platform, () -> extend(copies.nextInt(StressWorld.COPIES)));
    start(platform, this::makeWorld);
  }

  private void start(ThreadFactory factory, Step step) {
    Thread thread =
        factory.newThread(() -> {
          try {
            while (!stop.get()) {
              step.take();
            }
          } catch (Throwable thrown) {
            failure.compareAndSet(null, thrown);
            stop.set(true);
          }
        });
    threads.add(thread);
    thread.start();
  }

  /** Does something to the world that rests while a pause is on. */
  private void resting(Runnable work) {
    pause.readLock().lock();
    try {
      work.run();
    } finally {
      pause.readLock().unlock();
    }
  }

  private void runnerStep(StressRunner runner, StressRunner beside) {
    resting(() -> runner.run(world));
    StressWorld other = side.get();
    if (other != null) {
      beside.run(other);
    }
  }

  private void update(Random random) {
    for (int i = 0; i < 64; i++) {
      int array = random.nextInt(StressWorld.ARRAYS);
      int slot = random.nextInt(StressOutcome.SLOTS);
      try {
        if (random.nextInt(3) == 0) {
          world.empty(array, slot);
        } else {
          world.fill(array, slot, random.nextInt(StressOutcome.VARIANTS));
        }
        updates.incrementAndGet();
      } catch (BpfErrnoException refused) {
        // Empty before, or the program was closed meanwhile.
        int errno = refused.errno();
        if (errno != Errno.ENOENT && errno != Errno.EINVAL && errno != Errno.EBADF) {
          throw refused;
        }
      }
    }
  }

  private void reload(Random random) {
    if (random.nextInt(4) == 0) {
      world.reloadCaller(random.nextInt(world.callers()));
    } else {
      world.reloadCallee(random.nextInt(world.callees()));
    }
    reloads.incrementAndGet();
  }

  /** An extension takes a subprogram's place for a moment. */
  private void extend(int copy) throws InterruptedException {
    int caller = StressCaller.EXTENDED.ordinal() * StressWorld.COPIES + copy;
    boolean[] done = new boolean[1];
    resting(() -> done[0] = world.extend(caller));
    Thread.sleep(RELOAD_MILLIS);
    if (done[0]) {
      resting(world::restore);
      extensions.incrementAndGet();
    }
  }

  /** A world of its own: filled, run by all, then its arrays go while programs run. */
  private void makeWorld() throws InterruptedException {
    StressWorld own = new StressWorld(vm);
    for (int slot = 0; slot < StressOutcome.SLOTS; slot++) {
      own.fill(0, slot, slot % StressOutcome.VARIANTS);
      own.fill(1, slot, slot % StressOutcome.VARIANTS);
    }
    side.set(own);
    Thread.sleep(WORLD_MILLIS);
    own.abandonMaps();
    Thread.sleep(WORLD_MILLIS / 10);
    side.set(null);
    own.close();
    worlds.incrementAndGet();
  }

  private void compareAtRest() throws InterruptedException {
    if (!pause.writeLock().tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the stress does not come to rest");
    }
    try {
      runners.getFirst().compare(world);
      checkCounters();
    } finally {
      pause.writeLock().unlock();
    }
  }

  private void checkCounters() {
    long[] counted = world.counters();
    for (int i = 0; i < counted.length; i++) {
      long seen = 0;
      for (StressRunner runner : runners) {
        seen += runner.results[i];
      }
      check(
          seen == counted[i],
          "outcome " + i + ": " + seen + " results, but programs counted " + counted[i]);
    }
  }

  /** Exit status 0 if nothing was wrong, 1 with one line if something was. */
  public static void main(String[] args) throws InterruptedException {
    String[] engines = {"jit-kernel", "jit"};
    double seconds = 600;
    long updates = 10_000_000;
    long seed = System.nanoTime();
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--engines" -> engines = args[++i].split(",");
        case "--seconds" -> seconds = Double.parseDouble(args[++i]);
        case "--updates" -> updates = Long.parseLong(args[++i]);
        case "--seed" -> seed = Long.parseLong(args[++i]);
        default -> throw new IllegalArgumentException(args[i]);
      }
    }
    System.out.println("seed " + seed);
    long made = 0;
    for (int i = 0; i < engines.length; i++) {
      boolean last = i == engines.length - 1;
      try {
        Report report =
            run(
                engines[i],
                opener(engines[i]),
                seconds / engines.length,
                last ? updates - made : 0,
                seed + i);
        made += report.updates();
        System.out.println(report);
      } catch (IllegalStateException wrong) {
        wrong.printStackTrace();
        System.out.println(engines[i] + ": " + wrong.getMessage());
        System.exit(1);
      }
    }
    System.out.printf(Locale.ROOT, "passed: %,d updates; %,d blocks held%n", made, Memory.blocks());
    System.exit(0);
  }

  static Function<VmOptions, Vm> opener(String engine) {
    return switch (engine) {
      case "interp" -> Vm::interp;
      case "jit" -> Vm::jit;
      case "jit-kernel" -> Vm::jitKernel;
      default -> throw new IllegalArgumentException("engine \"" + engine + "\"");
    };
  }
}

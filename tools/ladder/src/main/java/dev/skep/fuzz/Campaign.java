package dev.skep.fuzz;

import dev.skep.ladder.Finding;
import dev.skep.ladder.Ladder;
import dev.skep.ladder.Sample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes the programs of a range of seeds up the ladder, on some threads. Which thread has a seed
 * makes no difference to its program. Seeds that the state has done are passed over.
 */
public final class Campaign {
  /** Seeds that a thread takes at a time. */
  private static final int CHUNK = 64;

  private static final int RESULTS_SHOWN = 10;
  private static final long COMPLAINT_NANOS = 20_000_000_000L;

  private final Recipe recipe;
  private final CampaignState state;
  private final Supplier<Ladder> ladders;
  private final Consumer<Disagreement> found;
  private final KernelHealth health = new KernelHealth();
  private final Map<String, Integer> known = new ConcurrentHashMap<>();
  private final AtomicLong next = new AtomicLong();
  private final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
  private volatile boolean stopped;
  private volatile String complaint = "";

  /**
   * @param ladders makes each thread's ladder, with the engines to compare
   * @param found takes the first of the differences that look alike, shrunk; called by any thread,
   *     one call at a time
   */
  public Campaign(
      Recipe recipe, CampaignState state, Supplier<Ladder> ladders, Consumer<Disagreement> found) {
    this.recipe = recipe;
    this.state = state;
    this.ladders = ladders;
    this.found = found;
    state.groups().forEach((signature, count) -> known.put(signature, count.intValue()));
  }

  /** What a caller may do now and then while a campaign runs: show progress, save the state. */
  public interface Watcher {
    /** Called about five times a second, with the state held. */
    void look(CampaignState state);
  }

  /**
   * Runs until all seeds are done, the time is over or {@link #stop} is called. Then the state has
   * every seed that was compared, and no other.
   *
   * @param first the first seed
   * @param count how many
   * @param deadline {@link System#nanoTime} when to end, or null
   */
  public void run(long first, long count, @Nullable Long deadline, int jobs, Watcher watcher) {
    next.set(first);
    long end = first + count;
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < jobs; i++) {
      threads.add(Thread.ofPlatform().daemon().name("fuzz-" + i).start(() -> work(end)));
    }
    long last = System.nanoTime();
    long stoppedAt = last;
    boolean alive = true;
    while (alive) {
      alive = false;
      for (Thread thread : threads) {
        alive |= join(thread, 200 / threads.size());
      }
      long now = System.nanoTime();
      if (deadline != null && now - deadline >= 0) {
        stop();
      }
      synchronized (state) {
        state.addNanos(now - last);
        watcher.look(state);
      }
      last = now;
      complaint = complaint.isEmpty() ? health.complaint() : complaint;
      if (!complaint.isEmpty()) {
        stop();
        // A thread that the kernel killed in a system call never ends.
        alive &= now - stoppedAt < COMPLAINT_NANOS;
      } else {
        stoppedAt = now;
      }
    }
    if (!failures.isEmpty()) {
      throw new IllegalStateException("a worker failed", failures.getFirst());
    }
  }

  /** Whether the thread still runs after that time. */
  private boolean join(Thread thread, int millis) {
    try {
      thread.join(Math.max(1, millis));
    } catch (InterruptedException e) {
      stop();
      Thread.currentThread().interrupt();
    }
    return thread.isAlive();
  }

  /** Ends the campaign soon: each thread ends its program. */
  public void stop() {
    stopped = true;
  }

  /** Why the campaign stopped itself, or an empty text: the kernel oopsed. */
  public String complaint() {
    return complaint;
  }

  private void work(long end) {
    try (Ladder ladder = ladders.get()) {
      for (long from = take(end); from < end && !stopped; from = take(end)) {
        chunk(ladder, from, Math.min(end, from + CHUNK));
      }
    } catch (RuntimeException | Error failed) {
      failures.add(failed);
      stop();
    }
  }

  private long take(long end) {
    return next.getAndUpdate(at -> at >= end ? at : at + CHUNK);
  }

  private void chunk(Ladder ladder, long from, long to) {
    Counts counts = new Counts();
    List<String> groups = new ArrayList<>();
    long start = from;
    long seed = from;
    for (; seed < to && !stopped; seed++) {
      if (isDone(seed)) {
        note(start, seed, counts, groups);
        counts = new Counts();
        start = seed + 1;
      } else {
        climb(ladder, seed, counts, groups);
      }
    }
    note(start, seed, counts, groups);
  }

  private boolean isDone(long seed) {
    synchronized (state) {
      return state.done().contains(seed);
    }
  }

  private void note(long from, long to, Counts counts, List<String> groups) {
    synchronized (state) {
      state.add(from, to, counts);
      groups.forEach(state::addGroup);
    }
    groups.clear();
  }

  private void climb(Ladder ladder, long seed, Counts counts, List<String> groups) {
    Sample sample = recipe.sample(seed);
    boolean wholeLog = recipe.wholeLog(seed);
    List<Finding> findings = ladder.climb(sample, wholeLog);
    counts.add(sample.program().type().text(), findings);
    Finding first = Tally.firstDifference(findings);
    if (first == null) {
      return;
    }
    String signature = Tally.signatureOf(first);
    groups.add(signature);
    // Results that differ in the same place may do so for many reasons.
    int shown = first.rung().runs() ? RESULTS_SHOWN : 1;
    if (known.merge(signature, 1, Integer::sum) <= shown) {
      Disagreement shrunk = Shrink.of(ladder, seed, sample, first, wholeLog);
      synchronized (found) {
        found.accept(shrunk);
      }
    }
  }
}

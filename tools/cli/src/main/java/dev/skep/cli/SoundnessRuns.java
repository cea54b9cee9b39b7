package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.fuzz.Soundness;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** {@code skep fuzz --soundness}: runs of accepted programs, held against the verifier's claims. */
final class SoundnessRuns {
  private static final int INPUTS = 10;
  private static final int CHUNK = 32;

  private final long count;
  private final AtomicLong next;
  private final long end;
  private long programs;
  private long runs;
  private long steps;
  private long states;
  private final List<String> violations = new ArrayList<>();
  private final List<Throwable> failures = new ArrayList<>();

  SoundnessRuns(long first, long count) {
    this.count = count;
    next = new AtomicLong(first);
    end = first + count;
  }

  /** The exit status: 1 if a register was outside of what was claimed. */
  int run(int jobs, boolean json, PrintWriter out) {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < jobs; i++) {
      threads.add(Thread.ofPlatform().daemon().name("soundness-" + i).start(this::work));
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return ExitStatus.REJECTED;
      }
    }
    if (!failures.isEmpty()) {
      throw new IllegalStateException("a worker failed", failures.getFirst());
    }
    report(json, out);
    return violations.isEmpty() ? ExitStatus.OK : ExitStatus.REJECTED;
  }

  private void work() {
    try (Soundness soundness = new Soundness(INPUTS)) {
      for (long from = take(); from < end; from = take()) {
        for (long seed = from; seed < Math.min(end, from + CHUNK); seed++) {
          soundness.check(seed);
        }
      }
      add(soundness);
    } catch (RuntimeException | Error failed) {
      synchronized (this) {
        failures.add(failed);
      }
    }
  }

  private long take() {
    return next.getAndUpdate(at -> at >= end ? at : at + CHUNK);
  }

  private synchronized void add(Soundness soundness) {
    programs += soundness.programs();
    runs += soundness.runs();
    steps += soundness.steps();
    states += soundness.states();
    violations.addAll(soundness.violations());
  }

  private void report(boolean json, PrintWriter out) {
    if (json) {
      out.println(toJson());
      return;
    }
    out.printf(
        "%d seeds, %d programs accepted and run, %d runs, %d steps, %d states claimed: %d"
            + " outside%n",
        count, programs, runs, steps, states, violations.size());
    violations.forEach(out::println);
  }

  private String toJson() {
    StringWriter text = new StringWriter();
    try (JsonGenerator to = Json.FACTORY.createGenerator(text)) {
      to.writeStartObject();
      to.writeNumberField("seeds", count);
      to.writeNumberField("programs", programs);
      to.writeNumberField("runs", runs);
      to.writeNumberField("steps", steps);
      to.writeNumberField("states", states);
      to.writeArrayFieldStart("violations");
      for (String violation : violations) {
        to.writeString(violation);
      }
      to.writeEndArray();
      to.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}

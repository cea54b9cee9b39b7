package dev.skep.bench;

import com.sun.management.GarbageCollectionNotificationInfo;
import dev.skep.linux.KernelBtf;
import dev.skep.linux.KernelFacts;
import dev.skep.program.Dialect;
import dev.skep.program.Program;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;

/**
 * Programs that are built to be slow or to need much memory, each verified alone: without a log, at
 * once and warm, and with logs of both levels in a buffer of 16 MiB. Every one must end within the
 * heap that the JVM was given; exit status 1 if one does not.
 *
 * <pre>
 *   HostileBench [--only TEXT]
 * </pre>
 *
 * The heap's peak is given as what was in use at most, which includes garbage and depends on the
 * heap's size, and as what was left at most by a collection.
 */
public final class HostileBench {
  private static final int LOG_SIZE = 16 << 20;
  private static final double MIB = 1 << 20;

  /** Greatest use of the heap right after a collection. */
  private static final AtomicLong LEFT = new AtomicLong();

  private HostileBench() {}

  public static void main(String[] args) {
    String only = args.length == 2 && args[0].equals("--only") ? args[1] : "";
    listen();
    VerifierOptions options =
        new VerifierOptions(
            Dialect.V6_18, KernelFacts.read().host(), 0, Integer.MAX_VALUE, KernelBtf.types());
    List<String> failed = new ArrayList<>();
    System.out.printf(
        "%-24s %4s %9s %9s %9s %9s %9s  %s%n",
        "program", "log", "insns", "states", "ms", "peak MiB", "left MiB", "verdict");
    for (Program program : programs()) {
      if (program.name().contains(only)) {
        for (int level = 0; level <= 2; level++) {
          run(program, level, options, failed);
        }
      }
    }
    System.out.printf(
        "%n%d programs, heap of %.0f MiB: %s%n",
        programs().size(),
        Runtime.getRuntime().maxMemory() / MIB,
        failed.isEmpty() ? "all end within it" : failed + " do not end within it");
    System.exit(failed.isEmpty() ? 0 : 1);
  }

  private static List<Program> programs() {
    List<Program> all = new ArrayList<>(VerifyPrograms.endless());
    all.addAll(VerifyPrograms.hungry());
    return all;
  }

  private static void run(
      Program program, int level, VerifierOptions options, List<String> failed) {
    VerifierOptions logged =
        new VerifierOptions(
            options.dialect(),
            options.host(),
            level,
            level == 0 ? Integer.MAX_VALUE : LOG_SIZE,
            options.kernel());
    System.gc();
    heapPools().forEach(MemoryPoolMXBean::resetPeakUsage);
    LEFT.set(0);
    long start = System.nanoTime();
    Verdict verdict;
    try {
      verdict = Verifier.verify(program, logged);
      if (level == 0) {
        start = System.nanoTime();
        verdict = Verifier.verify(program, logged);
      }
    } catch (OutOfMemoryError e) {
      failed.add(program.name() + " at level " + level);
      System.out.printf("%-24s %4d out of memory%n", program.name(), level);
      return;
    }
    double millis = (System.nanoTime() - start) / 1e6;
    long peak = 0;
    for (MemoryPoolMXBean pool : heapPools()) {
      peak += pool.getPeakUsage().getUsed();
    }
    System.out.printf(
        "%-24s %4d %9d %9d %9.0f %9.1f %9.1f  %s%n",
        program.name(),
        level,
        verdict.stats().insnsProcessed(),
        verdict.stats().peakStates(),
        millis,
        peak / MIB,
        LEFT.get() / MIB,
        reason(verdict));
  }

  private static String reason(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Accepted accepted -> "accepted";
      case Verdict.Rejected rejected -> rejected.message();
      case Verdict.Unsupported missing -> missing.what();
    };
  }

  private static List<MemoryPoolMXBean> heapPools() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .toList();
  }

  private static void listen() {
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      if (collector instanceof NotificationEmitter emitter) {
        emitter.addNotificationListener((note, ignored) -> collected(note), null, null);
      }
    }
  }

  private static void collected(Notification note) {
    if (note.getUserData() instanceof CompositeData data) {
      long used = 0;
      for (MemoryUsage usage :
          GarbageCollectionNotificationInfo.from(data)
              .getGcInfo()
              .getMemoryUsageAfterGc()
              .values()) {
        used += usage.getUsed();
      }
      LEFT.accumulateAndGet(used, Math::max);
    }
  }
}

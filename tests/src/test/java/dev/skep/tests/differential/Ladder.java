package dev.skep.tests.differential;

import dev.skep.errors.Errno;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelVerdict;
import dev.skep.linux.Linux;
import dev.skep.program.Dialect;
import dev.skep.program.HostFacts;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.List;

/** Takes a sample up the ladder, Skep beside the running kernel, as far as both agree. */
final class Ladder implements AutoCloseable {
  private static final int LOG_LEVEL_2 = 2;
  private static final int LOG_STATS = 4;

  /** Programs of more steps are compared without the log: a million write a gigabyte. */
  private static final int MAX_LOGGED_INSNS = 20_000;

  private final KernelEngine kernel = Linux.kernel();
  private final VerifierOptions options =
      new VerifierOptions(
          Dialect.V6_18, HostFacts.root(kernel.cpus()), LOG_STATS, Integer.MAX_VALUE);
  private final KernelDump dump = new KernelDump();
  private final boolean wholeLog;

  /**
   * @param wholeLog whether to compare the whole log, not only its last line and counters
   */
  Ladder(boolean wholeLog) {
    this.wholeLog = wholeLog;
  }

  /** The findings from the lowest rung up to the first difference. */
  List<Finding> climb(Sample sample) {
    List<Finding> findings = new ArrayList<>();
    try (SampleMaps maps = new SampleMaps(kernel, sample)) {
      int level;
      try (KernelVerdict first = kernel.judge(sample.program(), maps.maps(), LOG_STATS)) {
        level = LogText.processed(first.log()) > MAX_LOGGED_INSNS ? LOG_STATS : LOG_LEVEL_2;
      }
      try (KernelVerdict linux = kernel.judge(sample.program(), maps.maps(), level)) {
        climb(findings, sample, linux, level, maps);
      }
    } catch (UnsupportedOperationException notYet) {
      findings.add(Finding.unsupported(Rung.VERDICT, "verifier"));
    }
    return findings;
  }

  private void climb(
      List<Finding> findings, Sample sample, KernelVerdict linux, int logLevel, SampleMaps maps) {
    Verdict skep = Verifier.verify(sample.program(), options.withLogLevel(logLevel));
    if (skep instanceof Verdict.Unsupported missing) {
      findings.add(Finding.unsupported(Rung.VERDICT, missing.what()));
      return;
    }
    findings.add(
        Finding.compare(
            Rung.VERDICT,
            verdict(linux.errno(), LogText.lastError(linux.log())),
            skep instanceof Verdict.Rejected rejected
                ? verdict(rejected.errno(), rejected.message())
                : verdict(0, "")));
    if (different(findings)) {
      return;
    }
    findings.add(
        Finding.compare(Rung.REASON, LogText.counters(linux.log()), LogText.counters(skep.log())));
    if (wholeLog && logLevel == LOG_LEVEL_2) {
      findings.add(
          Finding.compare(Rung.LOG, LogText.masked(linux.log()), LogText.masked(skep.log())));
    }
    if (skep instanceof Verdict.Accepted accepted && linux.program() != null) {
      findings.add(dump.compare(accepted.program(), linux.program(), maps.maps()));
    }
  }

  /** Acceptance, or the errno with the reason on a line of its own. */
  private static String verdict(int errno, String reason) {
    return errno == 0 ? "accepted" : "rejected " + Errno.name(errno) + '\n' + reason;
  }

  private static boolean different(List<Finding> findings) {
    return findings.getLast().isDifferent();
  }

  @Override
  public void close() {
    kernel.close();
  }
}

package dev.skep.ladder;

import dev.skep.engine.BpfMap;
import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelProgram;
import dev.skep.linux.KernelVerdict;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rungs L1 and L2 of one program: verdict, reason, counters, and the logs at both levels. */
public final class VerdictRungs implements AutoCloseable {
  /** Programs of more steps are compared without their logs: a million steps write a gigabyte. */
  public static final int MAX_LOGGED_INSNS = 50_000;

  private static final int STATS = 4;

  private final List<Finding> findings = new ArrayList<>();
  private final Program program;
  private final List<? extends BpfMap> maps;
  private final KernelEngine kernel;
  private final VerifierOptions options;
  private @Nullable KernelVerdict linux;
  private @Nullable Verdict skep;
  private @Nullable KernelMaps ownMaps;

  private VerdictRungs(
      KernelEngine kernel, Program program, List<? extends BpfMap> maps, VerifierOptions options) {
    this.kernel = kernel;
    this.program = program;
    this.maps = maps;
    this.options = options;
  }

  /**
   * Asks both verifiers, at every log level.
   *
   * @param maps kernel maps that stand for the program's
   * @param options facts of the running kernel; the log level is of no matter
   */
  public static VerdictRungs climb(
      KernelEngine kernel, Program program, List<? extends BpfMap> maps, VerifierOptions options) {
    VerdictRungs rungs = new VerdictRungs(kernel, program, maps, options);
    try {
      rungs.climb();
      return rungs;
    } catch (RuntimeException failed) {
      rungs.close();
      throw failed;
    }
  }

  /** The same with maps that are made for the program and closed with this. */
  public static VerdictRungs climb(KernelEngine kernel, Program program, VerifierOptions options) {
    KernelMaps maps = new KernelMaps(kernel);
    try {
      VerdictRungs rungs = climb(kernel, program, maps.of(program), options);
      rungs.ownMaps = maps;
      return rungs;
    } catch (RuntimeException failed) {
      maps.close();
      throw failed;
    }
  }

  /** In the order of the rungs. */
  public List<Finding> findings() {
    return findings;
  }

  /** The kernel's answer, or null where it was not asked. */
  public @Nullable KernelVerdict linux() {
    return linux;
  }

  /** The program in the kernel, where both sides accept it; open until this is closed. */
  @Nullable KernelProgram linuxProgram() {
    return linux == null ? null : linux.program();
  }

  /** The verified program, where both sides accept it. */
  @Nullable VerifiedProgram skepProgram() {
    return linuxProgram() != null && skep instanceof Verdict.Accepted accepted
        ? accepted.program()
        : null;
  }

  private void climb() {
    if (KernelHazard.isHazard(program, options)) {
      stop(Finding.notCompared(Rung.VERDICT, "loading it would crash Linux 6.18"));
      return;
    }
    KernelVerdict verdict;
    try {
      verdict = kernel.judge(program, maps, STATS);
    } catch (UnsupportedException missing) {
      stop(Finding.notCompared(Rung.VERDICT, String.valueOf(missing.getMessage())));
      return;
    }
    linux = verdict;
    Verdict own = judge(program, options.withLogLevel(STATS));
    skep = own;
    if (own instanceof Verdict.Unsupported missing) {
      stop(Finding.unsupported(Rung.VERDICT, missing.what()));
      return;
    }
    if (isForbidden(verdict, own)) {
      stop(Finding.notCompared(Rung.VERDICT, FORBIDDEN));
      return;
    }
    String reason = LogText.lastError(verdict.log());
    Finding equal = compareVerdicts(verdict, own, reason);
    if (equal.isDifferent()) {
      stop(
          isNewer(program, reason)
              ? equal.with("  known: direct values of per-CPU arrays, PARITY.md")
              : equal);
      return;
    }
    findings.add(equal);
    compareReasons(verdict, own, reason);
    if (LogText.processed(verdict.log()) > MAX_LOGGED_INSNS) {
      String why = "the log of more than " + MAX_LOGGED_INSNS + " instructions";
      findings.add(Finding.notCompared(Rung.LOG_1, why));
      findings.add(Finding.notCompared(Rung.LOG, why));
    } else {
      findings.add(compareLogs(Rung.LOG_1, 1));
      findings.add(compareLogs(Rung.LOG, 2));
    }
  }

  /** Why a program that nobody may load here is not compared. */
  static final String FORBIDDEN = "EPERM: this machine lets nobody load such a program";

  /**
   * Whether something else than the verifier refuses the program: a policy of the machine, which
   * says nothing about it.
   */
  static boolean isForbidden(KernelVerdict linux, Verdict skep) {
    return linux.errno() == Errno.EPERM
        && LogText.counters(linux.log()).isEmpty()
        && !(skep instanceof Verdict.Rejected rejected && rejected.errno() == Errno.EPERM);
  }

  private void stop(Finding finding) {
    findings.add(finding);
    String why = finding.isDifferent() ? "the verdicts differ" : finding.detail();
    for (Rung rung : List.of(Rung.REASON, Rung.COUNTERS, Rung.LOG_1, Rung.LOG)) {
      findings.add(Finding.notCompared(rung, why));
    }
  }

  private static Finding compareVerdicts(KernelVerdict linux, Verdict skep, String reason) {
    String left = text(linux);
    String right =
        skep instanceof Verdict.Rejected rejected ? Errno.name(rejected.errno()) : "accepted";
    if (left.equals(right)) {
      return Finding.equal(Rung.VERDICT);
    }
    return Finding.compare(
        Rung.VERDICT,
        linux.accepted() ? left : left + ": " + reason,
        skep instanceof Verdict.Rejected rejected ? right + ": " + rejected.message() : right);
  }

  /** "accepted", or the errno's name. */
  static String text(KernelVerdict linux) {
    return linux.accepted() ? "accepted" : Errno.name(linux.errno());
  }

  private void compareReasons(KernelVerdict linux, Verdict skep, String reason) {
    if (skep instanceof Verdict.Rejected rejected) {
      findings.add(Finding.compare(Rung.REASON, reason, rejected.message()));
    } else {
      findings.add(Finding.notCompared(Rung.REASON, Ladder.ACCEPTED));
    }
    findings.add(
        Finding.compare(
            Rung.COUNTERS, LogText.counters(linux.log()), LogText.counters(skep.log())));
  }

  private Finding compareLogs(Rung rung, int level) {
    try (KernelVerdict verdict = kernel.judge(program, maps, level)) {
      return Finding.compare(
          rung,
          LogText.masked(verdict.log(), program.insns()),
          LogText.masked(judge(program, options.withLogLevel(level)).log(), program.insns()));
    }
  }

  /** Rewriting rejects a few programs that the verifier's walk accepts. */
  static Verdict judge(Program program, VerifierOptions options) {
    Verdict verdict = Verifier.verify(program, options);
    if (verdict instanceof Verdict.Accepted accepted) {
      try {
        Rewriter.rewrite(accepted.program(), RewriteOptions.LINUX);
      } catch (RejectedException rejection) {
        return Rewriter.verdict(accepted, rejection);
      } catch (UnsupportedException missing) {
        return verdict; // told at the rung of the rewrites
      }
    }
    return verdict;
  }

  /** Whether the kernel lacks what Skep has from a later one: see PARITY.md. */
  static boolean isNewer(Program program, String reason) {
    return reason.equals("no direct value access support for this map type")
        && program.maps().stream().anyMatch(map -> map.type() == MapType.PERCPU_ARRAY);
  }

  @Override
  public void close() {
    if (linux != null) {
      linux.close();
    }
    if (ownMaps != null) {
      ownMaps.close();
    }
  }
}

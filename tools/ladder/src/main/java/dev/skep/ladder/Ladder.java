package dev.skep.ladder;

import dev.skep.engine.LoadedProgram;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.jit.MachineCode;
import dev.skep.linux.KernelBtf;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelFacts;
import dev.skep.linux.KernelProgram;
import dev.skep.linux.KernelVerdict;
import dev.skep.linux.Linux;
import dev.skep.linux.ProgramInfo;
import dev.skep.program.Dialect;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.run.Vm;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes a sample up the ladder, Skep beside the running kernel, as far as both agree. */
public final class Ladder implements AutoCloseable {
  /** Why a program that both sides accept has no reason to compare. */
  public static final String ACCEPTED = "accepted";

  private static final int LOG_LEVEL_2 = 2;
  private static final int LOG_STATS = 4;

  /** Programs of more steps are compared without the log: a million write a gigabyte. */
  private static final int MAX_LOGGED_INSNS = 20_000;

  private final KernelEngine kernel = Linux.kernel();
  private final VerifierOptions options =
      new VerifierOptions(
          Dialect.V6_18,
          KernelFacts.read().host(),
          LOG_STATS,
          Integer.MAX_VALUE,
          KernelBtf.types());
  private final KernelDump dump = new KernelDump();
  private final Map<Rung, Vm> engines = new EnumMap<>(Rung.class);
  private final boolean logs;
  private boolean code = true;
  private @Nullable SpareMaps spare;

  /**
   * @param logs whether to compare the whole log, not only its last line and counters
   */
  public Ladder(boolean logs) {
    this.logs = logs;
  }

  /**
   * Leaves out rewrites and machine code. Without engines, too, it is only verdicts that are
   * compared: then maps stay empty and are used again.
   */
  public Ladder withoutCode() {
    code = false;
    return this;
  }

  /** Adds an engine whose results are compared at that rung; this owns it. */
  public Ladder with(Rung rung, Vm engine) {
    engines.put(rung, engine);
    return this;
  }

  /** How many CPUs the kernel has: engines beside it need as many. */
  public int cpus() {
    return kernel.cpus();
  }

  /** The findings of all rungs that make sense after the ones below. */
  public List<Finding> climb(Sample sample) {
    return climb(sample, logs);
  }

  /**
   * As {@link #climb(Sample)}.
   *
   * @param wholeLog whether to compare the whole log, whatever this ladder does else
   */
  public List<Finding> climb(Sample sample, boolean wholeLog) {
    List<Finding> findings = new ArrayList<>();
    if (isHazard(sample)) {
      findings.add(Finding.unsupported(Rung.VERDICT, "not loaded: a bug of Linux 6.18.44"));
      return findings;
    }
    try (SampleMaps maps = maps(sample)) {
      int level = wholeLog ? logLevel(sample, maps) : LOG_STATS;
      try (KernelVerdict linux = kernel.judge(sample.program(), maps.maps(), level)) {
        climb(findings, sample, linux, level, maps);
      }
    } catch (BpfErrnoException | UnsupportedException noMapOrTarget) {
      String why = String.valueOf(noMapOrTarget.getMessage());
      findings.add(Finding.notCompared(Rung.VERDICT, why.lines().findFirst().orElse("")));
    }
    return findings;
  }

  private SampleMaps maps(Sample sample) {
    if (code || !engines.isEmpty()) {
      return new SampleMaps(kernel, sample);
    }
    if (spare == null) {
      spare = new SpareMaps(kernel);
    }
    return SampleMaps.empty(spare, sample);
  }

  /** Targets of tail calls are loaded, too. */
  private boolean isHazard(Sample sample) {
    return KernelHazard.isHazard(sample.program(), options)
        || sample.targets().stream().anyMatch(target -> KernelHazard.isHazard(target, options));
  }

  private void climb(
      List<Finding> findings, Sample sample, KernelVerdict linux, int level, SampleMaps maps) {
    Verdict skep;
    try {
      skep = VerdictRungs.judge(sample.program(), options.withLogLevel(level));
    } catch (RuntimeException | StackOverflowError thrown) {
      findings.add(Finding.compare(Rung.VERDICT, "a verdict", threw(thrown)));
      return;
    }
    compareVerdicts(findings, sample, linux, skep, level == LOG_LEVEL_2);
    if (linux.program() != null && skep instanceof Verdict.Accepted accepted) {
      if (!code) {
        return;
      }
      compareCode(findings, linux.program(), accepted.program(), maps);
      compareBehaviour(findings, linux.program(), accepted.program(), sample, maps);
    }
  }

  private static String threw(Throwable thrown) {
    StackTraceElement[] trace = thrown.getStackTrace();
    return "threw " + thrown + (trace.length == 0 ? "" : " at " + trace[0]);
  }

  private int logLevel(Sample sample, SampleMaps maps) {
    try (KernelVerdict first = kernel.judge(sample.program(), maps.maps(), LOG_STATS)) {
      return LogText.processed(first.log()) > MAX_LOGGED_INSNS ? LOG_STATS : LOG_LEVEL_2;
    }
  }

  private static void compareVerdicts(
      List<Finding> findings, Sample sample, KernelVerdict linux, Verdict skep, boolean wholeLog) {
    if (skep instanceof Verdict.Unsupported missing) {
      findings.add(Finding.unsupported(Rung.VERDICT, missing.what()));
      return;
    }
    if (VerdictRungs.isForbidden(linux, skep)) {
      findings.add(Finding.notCompared(Rung.VERDICT, VerdictRungs.FORBIDDEN));
      return;
    }
    String reason = LogText.lastError(linux.log());
    Finding verdict =
        Finding.compare(
            Rung.VERDICT,
            linux.accepted() ? "accepted" : Errno.name(linux.errno()),
            skep instanceof Verdict.Rejected rejected ? Errno.name(rejected.errno()) : "accepted");
    boolean sameReason = skep instanceof Verdict.Rejected r && r.message().equals(reason);
    if (!sameReason && VerdictRungs.isNewer(sample.program(), reason)) {
      findings.add(Finding.unsupported(Rung.VERDICT, "(by this kernel) values of per-CPU arrays"));
      return;
    }
    if (verdict.isDifferent()) {
      String ours = skep instanceof Verdict.Rejected rejected ? rejected.message() : "";
      findings.add(verdict.with("linux: " + reason + "\nskep: " + ours));
      return;
    }
    findings.add(verdict);
    findings.add(
        skep instanceof Verdict.Rejected rejected
            ? Finding.compare(Rung.REASON, reason, rejected.message())
            : Finding.notCompared(Rung.REASON, ACCEPTED));
    findings.add(
        Finding.compare(
            Rung.COUNTERS, LogText.counters(linux.log()), LogText.counters(skep.log())));
    if (wholeLog) {
      findings.add(
          Finding.compare(
              Rung.LOG, LogText.masked(linux.log(), sample), LogText.masked(skep.log(), sample)));
    }
  }

  private void compareCode(
      List<Finding> findings, KernelProgram linux, VerifiedProgram verified, SampleMaps maps) {
    Finding xlated = dump.compare(verified, linux, maps.maps());
    findings.add(xlated);
    ProgramInfo info = linux.info();
    if (xlated.kind() != Finding.Kind.EQUAL || info.jited().length == 0) {
      return;
    }
    RunnableProgram runnable = Rewriter.rewrite(verified, RewriteOptions.LINUX);
    try {
      MachineCode code = MachineForm.compile(runnable);
      findings.add(
          Finding.compare(
              Rung.JITED, MachineForm.ofKernel(info, code), MachineForm.ofSkep(code, runnable)));
    } catch (UnsupportedException missing) {
      findings.add(Finding.unsupported(Rung.JITED, String.valueOf(missing.getMessage())));
    } catch (RuntimeException thrown) {
      findings.add(Finding.compare(Rung.JITED, "code", threw(thrown)));
    }
  }

  /** On one CPU: between two, the kernel might move the runs, and per-CPU values with them. */
  private String ofLinux(KernelProgram linux, Sample sample, SampleMaps maps) {
    int cpu = (int) (Thread.currentThread().threadId() % kernel.cpus());
    try (CpuPin _ = new CpuPin(cpu)) {
      return Behaviour.of(linux, sample, maps).text();
    }
  }

  private void compareBehaviour(
      List<Finding> findings,
      KernelProgram linux,
      VerifiedProgram verified,
      Sample sample,
      SampleMaps maps) {
    if (engines.isEmpty()) {
      return;
    }
    if (sample.packets().isEmpty()) {
      return;
    }
    String expected = ofLinux(linux, sample, maps);
    engines.forEach((rung, engine) -> {
      try (SampleMaps own = new SampleMaps(engine, sample);
          LoadedProgram program = engine.load(verified, own.maps())) {
        findings.add(Finding.compare(rung, expected, Behaviour.of(program, sample, own).text()));
      } catch (UnsupportedException missing) {
        findings.add(Finding.unsupported(rung, String.valueOf(missing.getMessage())));
      } catch (RuntimeException thrown) {
        findings.add(Finding.compare(rung, expected, threw(thrown)));
      }
    });
  }

  @Override
  public void close() {
    engines.values().forEach(Vm::close);
    if (spare != null) {
      spare.close();
    }
    kernel.close();
  }
}

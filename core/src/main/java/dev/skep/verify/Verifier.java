package dev.skep.verify;

import static dev.skep.errors.Errno.EINVAL;
import static dev.skep.errors.Errno.ENOSPC;

import dev.skep.errors.UnsupportedException;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The entry of the verifier (bpf_check). */
public final class Verifier {
  /** Lines of the log that an explanation may need. */
  private static final int LAST_LINES = 4;

  private Verifier() {}

  /** Judges one program; never throws for anything in the program. */
  public static Verdict verify(Program program, VerifierOptions options) {
    return verify(program, options, null);
  }

  /**
   * As {@link #verify(Program, VerifierOptions)}, for an extension whose target was verified
   * before; it may be null: then {@link Program#attachProgram} is verified first.
   */
  public static Verdict verify(
      Program program, VerifierOptions options, @Nullable TargetProgram target) {
    return new Judgement(program, options, target, null).run();
  }

  /**
   * Whether an extension that was verified for one program may replace a function of another one
   * too (bpf_check_attach_target as BPF_LINK_CREATE calls it).
   *
   * @param typeId the function, a FUNC of the other program's BTF
   * @return 0 or a positive errno
   */
  public static int checkAttach(VerifiedProgram extension, TargetProgram target, int typeId) {
    return ExtensionChecks.attach(extension, target, typeId);
  }

  /**
   * A verdict, and of a rejection what its check said it demanded.
   *
   * @param lines the last lines of the log, the message last
   */
  record Followed(Verdict verdict, @Nullable Reason reason, List<String> lines) {}

  /** Verifies and tells a listener of every step. */
  static Followed follow(
      Program program,
      VerifierOptions options,
      @Nullable TargetProgram target,
      PathListener listener) {
    Judgement judgement = new Judgement(program, options, target, listener);
    Verdict verdict = judgement.run();
    return new Followed(verdict, judgement.reason, judgement.log.lastLines(LAST_LINES));
  }

  /** Verifies with a checkpoint at every instruction; whether the program is accepted. */
  static boolean claim(Program program, VerifierOptions options, Claims claims) {
    Judgement judgement = new Judgement(program, options, null, null);
    judgement.claims = claims;
    return judgement.run() instanceof Verdict.Accepted;
  }

  private static final class Judgement {
    private final Program program;
    private final VerifierOptions options;
    private final @Nullable TargetProgram given;
    private final CalledKfuncs kfuncs;
    private final VerifierLog log;
    private final Trace trace;
    private final long begun = System.nanoTime();
    private final @Nullable PathListener listener;
    private @Nullable Env env;
    private @Nullable Reason reason;
    private @Nullable Claims claims;

    /** Whether bpf_check itself began: from there on the counters end every log. */
    private boolean begins;

    Judgement(
        Program given,
        VerifierOptions options,
        @Nullable TargetProgram target,
        @Nullable PathListener listener) {
      this.listener = listener;
      this.options = options;
      this.given = target;
      program = TakenTypes.of(given, options);
      kfuncs = new CalledKfuncs(program, options.kernel());
      log = new VerifierLog(options.logLevel(), options.logSize());
      trace = new Trace(log, program, kfuncs::name, SourceText.of(program.btf()));
      if (!options.host().perfmon()) {
        trace.hideMaps();
      }
    }

    Verdict run() {
      try {
        return accepted(verify());
      } catch (Rejection rejection) {
        return rejected(rejection);
      } catch (UnsupportedException missing) {
        return unsupported(String.valueOf(missing.getMessage()));
      } catch (RuntimeException | StackOverflowError fault) {
        // A fault of ours must not look like a verdict on the program.
        return unsupported("internal: " + fault);
      }
    }

    private VerifiedProgram verify() {
      LoadChecks.check(program, options);
      AttachChecks.checkName(program, options, log);
      if (!VerifierLog.isValid(options.logLevel(), options.logSize())) {
        throw new Rejection(EINVAL);
      }
      begins = true;
      BtfObjects btfs = new BtfObjects(program, options.kernel());
      trace.printer().names(btfs);
      Preparation prepared = Preparation.of(program, options, btfs, kfuncs, target(), log, trace);
      Env made =
          new Env(
              program,
              options,
              prepared.facts(),
              prepared.marks(),
              prepared.subprogs().all(),
              btfs,
              kfuncs,
              prepared.attachment(),
              log,
              trace);
      env = made;
      made.listener = listener;
      made.claim(claims);
      new MainPass(made).run();
      if (listener != null) {
        listener.ends();
      }
      FastcallPatterns.shrinkStacks(made.subprogs, prepared.facts());
      new StackDepth(made).check();
      List<SubprogFacts> subprogs = new ArrayList<>();
      for (Subprog subprog : made.subprogs) {
        subprogs.add(subprog.facts());
      }
      Attachment attachment = prepared.attachment();
      return new VerifiedProgram(
          program,
          prepared.facts(),
          subprogs,
          made.packetWritten,
          made.throwsException,
          options,
          attachment == null ? null : attachment.prototype());
    }

    /** The program that this one extends, as its own verification left it. */
    private @Nullable TargetProgram target() {
      Program extended = program.attachProgram();
      if (program.type() != ProgramType.EXT || extended == null || given != null) {
        return given;
      }
      return switch (Verifier.verify(extended, options.withLogLevel(0))) {
        case Verdict.Accepted accepted -> accepted.program().asTarget();
        case Verdict.Rejected no -> {
          // It has no descriptor to give.
          log.add("target program \"").add(extended.name()).add("\" cannot be loaded: ");
          log.add(no.message()).line();
          throw new Rejection(EINVAL);
        }
        case Verdict.Unsupported missing ->
            throw new UnsupportedException(
                "target program \"" + extended.name() + "\": " + missing.what());
      };
    }

    private Verdict accepted(VerifiedProgram verified) {
      Env made = env;
      VerifierStats stats = finish(made == null ? "" : FinalStack.text(made));
      return log.truncated()
          ? new Verdict.Rejected(
              ENOSPC, "the log needs " + log.trueSize() + " bytes", -1, stats, log.text())
          : new Verdict.Accepted(verified, stats, log.text());
    }

    private Verdict rejected(Rejection rejection) {
      reason = rejection.reason();
      Env made = env;
      String message = made == null || made.message.isEmpty() ? log.lastLine() : made.message;
      VerifierStats stats = begins || log.end() > 0 ? finish(depths()) : stats("");
      int errno = log.truncated() ? ENOSPC : rejection.errno();
      return new Verdict.Rejected(errno, message, insn(), stats, log.text());
    }

    private Verdict unsupported(String what) {
      return new Verdict.Unsupported(what, insn(), stats(depths()), log.text());
    }

    private int insn() {
      Env made = env;
      return made == null ? -1 : made.insn;
    }

    /** What each subprogram that is known so far uses of the stack. */
    private String depths() {
      Env made = env;
      StringBuilder depths = new StringBuilder();
      for (int i = 0; i < log.knownSubprogs; i++) {
        depths.append(i == 0 ? "" : "+").append(made == null ? 0 : made.subprogs[i].stackDepth);
      }
      return depths.toString();
    }

    private VerifierStats stats(String depths) {
      Env made = env;
      long duration = System.nanoTime() - begun;
      return made == null
          ? new VerifierStats(0, 0, 0, 0, depths, duration, log.trueSize())
          : new VerifierStats(
              made.insnsProcessed,
              made.explored.totalStates,
              made.explored.peakStates,
              made.explored.maxStatesPerInsn,
              depths,
              duration,
              log.trueSize());
    }

    /** Ends the log with the counters (print_verification_stats). */
    private VerifierStats finish(String depths) {
      VerifierStats stats = stats(depths);
      if (log.level() == 0) {
        return stats;
      }
      if (log.stats()) {
        log.add("verification time ").num(stats.durationNanos() / 1000).add(" usec\n");
        log.add("stack depth ").add(depths).line();
      }
      log.add("processed ").num(stats.insnsProcessed());
      log.add(" insns (limit ").num(MainPass.INSN_LIMIT);
      log.add(") max_states_per_insn ").num(stats.maxStatesPerInsn());
      log.add(" total_states ").num(stats.totalStates());
      log.add(" peak_states ").num(stats.peakStates()).add(" mark_read 0\n");
      return stats.withLogBytes(log.trueSize());
    }
  }
}

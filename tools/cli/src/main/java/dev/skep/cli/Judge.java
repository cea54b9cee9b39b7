package dev.skep.cli;

import dev.skep.errors.MalformedException;
import dev.skep.errors.RejectedException;
import dev.skep.errors.SkepException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.KernelEngine;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.rewrite.Rewriter;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Judges the programs of an object, each by itself: one that cannot be judged never stops another.
 */
final class Judge {
  private Judge() {}

  /**
   * One row per program that is wanted, or one row for an object that cannot be opened.
   *
   * @param target what extensions replace functions of, or null
   * @param kernel to be asked as well, or null
   * @param bench rounds in which the cost of verification is measured, or 0
   */
  static List<VerdictRow> object(
      ObjectArgument argument,
      @Nullable Program target,
      ProgramFilter filter,
      VerifierOptions options,
      @Nullable KernelEngine kernel,
      int bench) {
    String name = argument.path().toString();
    List<VerdictRow> rows = new ArrayList<>();
    BpfObject object;
    try {
      object = argument.open();
    } catch (SkepException e) {
      rows.add(VerdictRow.failed(name, "", "", "", verdictOf(e), e.getMessage()));
      return rows;
    }
    boolean named = false;
    for (ObjectProgram program : object.programs()) {
      if (argument.program() != null && !argument.program().equals(program.name())) {
        continue;
      }
      named = true;
      if (program.type() == ProgramType.EXT && target != null) {
        program.attachTarget(target, null);
      }
      if (filter.accepts(argument.path().getFileName().toString(), program.name())) {
        rows.add(program(name, object, program, options, kernel, bench));
      }
    }
    if (!named && argument.program() != null) {
      String message = name + ": no program \"" + argument.program() + "\"";
      rows.add(VerdictRow.failed(name, "", "", "", "malformed", message));
    }
    return rows;
  }

  private static VerdictRow program(
      String name,
      BpfObject object,
      ObjectProgram program,
      VerifierOptions options,
      @Nullable KernelEngine kernel,
      int bench) {
    try {
      Program linked = object.toProgram(program);
      return program(name, linked, options)
          .explainedBy(new Why(linked, options))
          .beside(
              kernel == null ? null : LinuxSide.of(kernel, linked, options),
              bench == 0 ? null : VerifyBench.measure(linked, options, kernel, bench));
    } catch (SkepException e) {
      VerdictRow row =
          VerdictRow.failed(
                  name,
                  program.name(),
                  program.section(),
                  program.type().text(),
                  verdictOf(e),
                  e.getMessage())
              .explainedBy(new Why(null, options));
      return kernel == null ? row : row.beside(LinuxSide.notCompared("does not link"), null);
    }
  }

  /**
   * Verifies, and where it is accepted rewrites and compiles in the kernel's layout for the sizes.
   */
  static VerdictRow program(String name, Program program, VerifierOptions options) {
    Verdict verdict = Verifier.verify(program, options);
    int xlated = -1;
    int jited = -1;
    if (verdict instanceof Verdict.Accepted accepted) {
      try {
        RunnableProgram runnable = KernelImage.rewritten(accepted.program());
        xlated = runnable.insns().length;
        jited = KernelImage.of(runnable).length;
      } catch (RejectedException e) {
        verdict = Rewriter.verdict(accepted, e);
      } catch (UnsupportedException e) {
        // The verdict stands; only the sizes stay unknown.
        xlated = -1;
      }
    }
    return VerdictRow.of(name, program, verdict, xlated, jited);
  }

  private static String verdictOf(SkepException e) {
    return e instanceof UnsupportedException
        ? "unsupported"
        : e instanceof MalformedException ? "malformed" : "rejected";
  }
}

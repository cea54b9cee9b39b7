package dev.skep.cli;

import dev.skep.cli.stats.Filters;
import dev.skep.errors.MalformedException;
import dev.skep.errors.RejectedException;
import dev.skep.errors.SkepException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.KernelEngine;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectMap;
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
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Judges the programs of an object, each by itself: one that cannot be judged never stops another.
 */
final class Judge {
  private final Settings settings;
  private final AtomicInteger programs = new AtomicInteger();
  private final AtomicInteger files = new AtomicInteger();
  private final AtomicInteger skippedPrograms = new AtomicInteger();
  private final AtomicInteger skippedFiles = new AtomicInteger();

  /**
   * What is asked of every program.
   *
   * @param flags of BPF_PROG_LOAD, beside those of the program's section
   * @param presets values of global variables
   * @param target what extensions replace functions of, or null
   * @param filters which programs, by name
   * @param kernel to be asked as well, or null
   * @param bench rounds in which the cost of verification is measured, or 0
   * @param explained whether rejections are kept so that they can be explained
   * @param topLines how many of the source lines that are met most often are kept
   * @param dumps what is dumped of accepted programs: xlated, jited
   * @param remarks takes what there is to say beside the rows, from any thread
   */
  record Settings(
      VerifierOptions options,
      int flags,
      List<GlobalPreset> presets,
      @Nullable Program target,
      Filters filters,
      @Nullable KernelEngine kernel,
      int bench,
      boolean explained,
      int topLines,
      List<String> dumps,
      Consumer<String> remarks) {}

  Judge(Settings settings) {
    this.settings = settings;
  }

  /** How many programs have been judged so far. */
  int programs() {
    return programs.get();
  }

  /** How many objects are done. */
  int files() {
    return files.get() + skippedFiles.get();
  }

  /** What has been done, in veristat's words. */
  String summary() {
    return "Processed "
        + files
        + " files, "
        + programs
        + " programs. Skipped "
        + skippedFiles
        + " files, "
        + skippedPrograms
        + " programs.";
  }

  /**
   * One row per program that is wanted, or one row for an object that cannot be opened. Called on a
   * thread of a ForkJoinPool it judges programs side by side.
   */
  List<VerdictRow> object(ObjectArgument argument) {
    String name = argument.path().toString();
    String file = String.valueOf(argument.path().getFileName());
    if (!settings.filters.wantsFile(file)) {
      skippedFiles.incrementAndGet();
      return List.of();
    }
    List<ForkJoinTask<VerdictRow>> tasks = new ArrayList<>();
    boolean named = false;
    try {
      BpfObject object = argument.open();
      PresetTarget.apply(object, settings.presets);
      sizeMaps(object);
      for (ObjectProgram program : object.programs()) {
        if (argument.program() != null && !argument.program().equals(program.name())) {
          continue;
        }
        named = true;
        if (settings.filters.wants(file, program.name())) {
          tasks.add(task(name, object, program).fork()); // judged while the next one is linked
        } else {
          skippedPrograms.incrementAndGet();
        }
      }
    } catch (SkepException e) {
      skippedFiles.incrementAndGet();
      String text = String.valueOf(e.getMessage());
      String message = text.startsWith(name) ? text : name + ": " + text;
      return List.of(VerdictRow.failed(name, "", "", "", verdictOf(e), message));
    }
    if (!named && argument.program() != null) {
      String message = name + ": no program \"" + argument.program() + "\"";
      return List.of(VerdictRow.failed(name, "", "", "", "malformed", message));
    }
    List<VerdictRow> rows = tasks.stream().map(ForkJoinTask::join).toList();
    files.incrementAndGet();
    return rows;
  }

  /** Maps whose size is left to the loader get the least that there is, as veristat does. */
  private static void sizeMaps(BpfObject object) {
    for (ObjectMap map : object.maps()) {
      boolean sized =
          switch (map.spec().type()) {
            case SK_STORAGE, TASK_STORAGE, INODE_STORAGE, CGRP_STORAGE -> true;
            case CGROUP_STORAGE, PERCPU_CGROUP_STORAGE, STRUCT_OPS -> true;
            default -> map.spec().maxEntries() != 0;
          };
      if (!sized) {
        map.maxEntries(1);
      }
    }
  }

  /** Links the program now, and judges it when the task runs. */
  private ForkJoinTask<VerdictRow> task(String name, BpfObject object, ObjectProgram program) {
    if (program.type() == ProgramType.EXT) {
      extend(name, object, program);
    }
    program.flags(program.flags() | settings.flags);
    try {
      Program linked = object.toProgram(program);
      return ForkJoinTask.adapt(() -> counted(judged(name, linked)));
    } catch (SkepException e) {
      VerdictRow row =
          VerdictRow.failed(
                  name,
                  program.name(),
                  program.section(),
                  program.type().text(),
                  verdictOf(e),
                  e.getMessage())
              .explainedBy(settings.explained ? new Why(null, settings.options) : null);
      VerdictRow compared =
          settings.kernel == null ? row : row.beside(LinuxSide.notCompared("does not link"), null);
      return ForkJoinTask.adapt(() -> counted(compared));
    }
  }

  private void extend(String name, BpfObject object, ObjectProgram program) {
    if (settings.target != null) {
      program.attachTarget(settings.target, null);
      return;
    }
    ExtensionGuess guess = ExtensionGuess.of(object, program);
    if (guess != null) {
      guess.apply(program);
      settings.remarks.accept(
          name
              + ":"
              + program.name()
              + ": judged as "
              + guess.type().text()
              + ", by its context; --target says what it extends");
    }
  }

  private VerdictRow counted(VerdictRow row) {
    programs.incrementAndGet();
    return row;
  }

  private VerdictRow judged(String name, Program program) {
    VerifierOptions options = settings.options;
    KernelEngine kernel = settings.kernel;
    VerdictRow row = program(name, program, options, settings.dumps);
    return row.explainedBy(settings.explained ? new Why(program, options) : null)
        .beside(
            kernel == null ? null : LinuxSide.of(kernel, program, options),
            settings.bench == 0
                ? null
                : VerifyBench.measure(program, options, kernel, settings.bench))
        .withTopLines(TopLines.of(row.log(), settings.topLines));
  }

  /**
   * Verifies, and where it is accepted rewrites and compiles in the kernel's layout for the sizes.
   */
  static VerdictRow program(String name, Program program, VerifierOptions options) {
    return program(name, program, options, List.of());
  }

  private static VerdictRow program(
      String name, Program program, VerifierOptions options, List<String> dumps) {
    Verdict verdict = Verifier.verify(program, options);
    int xlated = -1;
    int jited = -1;
    StringBuilder dump = new StringBuilder();
    if (verdict instanceof Verdict.Accepted accepted) {
      try {
        RunnableProgram runnable = KernelImage.rewritten(accepted.program());
        xlated = runnable.insns().length;
        jited = KernelImage.of(runnable).length;
        for (String form : dumps) {
          dump.append(ProgramDump.text(form, name, runnable));
        }
      } catch (RejectedException e) {
        verdict = Rewriter.verdict(accepted, e);
      } catch (UnsupportedException e) {
        // The verdict stands; only the sizes stay unknown.
        xlated = -1;
      }
    }
    return VerdictRow.of(name, program, verdict, xlated, jited).withDump(dump.toString());
  }

  private static String verdictOf(SkepException e) {
    return e instanceof UnsupportedException
        ? "unsupported"
        : e instanceof MalformedException ? "malformed" : "rejected";
  }
}

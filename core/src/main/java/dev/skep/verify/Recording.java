package dev.skep.verify;

import dev.skep.isa.Disassembler;
import dev.skep.program.KernelTypes;
import dev.skep.program.Program;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rejection with the path that led to it, from further runs of the verifier that write it down:
 * two, so that only the steps of that path are described however many others were followed.
 */
public final class Recording {
  /** Steps described at most; older ones are left out. */
  private static final int MOST_STEPS = 50_000;

  /**
   * One instruction of the path.
   *
   * @param insn -1 for the entry, whose changes are what is known there
   * @param frame that it ran in
   * @param read the slot that it loaded from, null if it was no load from the stack
   */
  public record Step(int insn, int frame, List<Change> changes, @Nullable Place read) {}

  /** One register or slot that a step wrote, or of which it told something. */
  public record Change(Place place, KnownValue before, KnownValue after) {}

  /**
   * Something that must be given back.
   *
   * @param insn the instruction that acquired it
   */
  public record Held(int kind, int id, int insn) {
    public boolean isReference() {
      return kind == State.REF_PTR;
    }

    public boolean isLock() {
      return kind == State.REF_LOCK;
    }

    public boolean isIrq() {
      return kind == State.REF_IRQ;
    }
  }

  /**
   * One frame of the call chain, the main program or a global function first.
   *
   * @param function BTF name, "" without BTF
   * @param insn where it stands: at the call of the next, or at the instruction that failed
   */
  public record Call(int frame, int subprog, String function, int insn) {}

  /** Prints registers; not to be used from two threads. */
  static final class Printing {
    final Program program;
    private final VerifierLog log = new VerifierLog(0, Integer.MAX_VALUE);
    private final StatePrinter printer;
    private final CalledKfuncs kfuncs;

    Printing(Program program, KernelTypes kernel) {
      this.program = program;
      printer = new StatePrinter(log, program);
      printer.names(new BtfObjects(program, kernel));
      kfuncs = new CalledKfuncs(program, kernel);
      VerifierLog nowhere = new VerifierLog(0, Integer.MAX_VALUE);
      for (long word : program.insns()) {
        if (Subprogs.isKfuncCall(word)) {
          name(word, nowhere);
        }
      }
    }

    private void name(long word, VerifierLog nowhere) {
      try {
        kfuncs.add(word, nowhere);
      } catch (Rejection | dev.skep.errors.UnsupportedException nameless) {
        // It stays "unknown", as in the log.
        nowhere.reset(0);
      }
    }

    String register(int frame, long[] words) {
      log.reset(0);
      if (Reg.type(words, 0) == RegType.NOT_INIT) {
        return "?";
      }
      printer.register(frame, words, 0);
      String text = log.lastLine();
      return text.startsWith("Pscalar") ? text.substring(1) : text;
    }
  }

  private final Program program;
  private final Printing printing;
  private final Verdict.Rejected verdict;
  private final @Nullable Reason reason;
  private final List<String> lines;
  private final PathTree tree;
  private final PathDetails details;
  private final boolean cut;

  private Recording(
      Program program,
      Printing printing,
      Verdict.Rejected verdict,
      Verifier.Followed followed,
      PathTree tree,
      PathDetails details,
      boolean cut) {
    this.program = program;
    this.printing = printing;
    this.verdict = verdict;
    reason = followed.reason();
    lines = followed.lines();
    this.tree = tree;
    this.details = details;
    this.cut = cut;
  }

  /**
   * Verifies a program again.
   *
   * @param target as for {@link Verifier#verify(Program, VerifierOptions, TargetProgram)}
   * @return null when it is not rejected
   */
  public static @Nullable Recording of(
      Program program, VerifierOptions options, @Nullable TargetProgram target) {
    VerifierOptions quiet = options.withLogLevel(0);
    PathTree tree = new PathTree(program.insns().length);
    if (!(Verifier.follow(program, quiet, target, tree).verdict() instanceof Verdict.Rejected)) {
      return null;
    }
    Printing printing = new Printing(program, options.kernel());
    PathDetails details = new PathDetails(printing, tree.path(MOST_STEPS));
    Verifier.Followed again = Verifier.follow(program, quiet, target, details);
    return again.verdict() instanceof Verdict.Rejected verdict
        ? new Recording(
            program, printing, verdict, again, tree, details, tree.length() > MOST_STEPS)
        : null;
  }

  public Program program() {
    return program;
  }

  /** The rejection; its log is empty. */
  public Verdict.Rejected verdict() {
    return verdict;
  }

  /** What the check demanded, null where only {@link Verdict.Rejected#message} says it. */
  public @Nullable Reason reason() {
    return reason;
  }

  /** What the log says of the failing check: its last lines, the message at the end. */
  public List<String> lines() {
    int at = lines.lastIndexOf(verdict.message());
    int from = Math.max(0, at);
    while (from > 0 && !lines.get(from - 1).startsWith(";")) {
      from--;
    }
    return at < 0 ? List.of(verdict.message()) : List.copyOf(lines.subList(from, at + 1));
  }

  /**
   * The path from the entry to the instruction before the one that failed; empty when no path was
   * followed yet or all were.
   */
  public List<Step> path() {
    return details.path();
  }

  /** Whether {@link #path} lacks its beginning. */
  public boolean cut() {
    return cut;
  }

  /** The instruction that failed, -1 when the program as a whole did. */
  public int insn() {
    return details.insn();
  }

  /** The frames, outermost first; empty without a path. */
  public List<Call> calls() {
    return details.calls();
  }

  /** What must still be given back, oldest first. */
  public List<Held> held() {
    return details.held();
  }

  /** What was known of a place before the instruction that failed; null if there is none. */
  public @Nullable KnownValue at(Place place) {
    return details.at(place);
  }

  /** How often each instruction was judged, on all paths. */
  public int[] visits() {
    return Arrays.copyOf(tree.visits, tree.visits.length);
  }

  /** How many states were kept before each instruction. */
  public int[] checkpoints() {
    return Arrays.copyOf(tree.checkpoints, tree.checkpoints.length);
  }

  /** The text of an instruction, as in the log: "(b7) r0 = 0". */
  public String text(int insn) {
    long[] insns = program.insns();
    long next = insn + 1 < insns.length ? insns[insn + 1] : 0;
    return Disassembler.text(insns[insn], next, printing.kfuncs::name);
  }

  /** The name of what a call instruction calls; null for a subprogram, or what is unknown. */
  public @Nullable String called(int insn) {
    return printing.kfuncs.name(program.insns()[insn]);
  }
}

package dev.skep.explain;

import dev.skep.program.Program;
import dev.skep.verify.Recording;
import dev.skep.verify.VerifierOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a program was rejected, told for the person who wrote it: beside the kernel's text, never
 * instead of it. It is found after the fact, by verifying the program again and writing down the
 * path that was rejected; a verification that is not explained pays nothing for it.
 *
 * @param kind what kind of rejection it is
 * @param lines what the kernel's log says of it, the message last
 * @param summary what is wrong, in one sentence
 * @param instruction the one that failed, null when the program as a whole did
 * @param calls where the frames around it stand, the outermost first; empty in a main program
 * @param values what was known, before the instruction, of what its check looked at
 * @param path the steps that made those values what they are, oldest first: a backward slice of the
 *     rejected path
 * @param demand what the check demands
 * @param known what was known instead; empty where {@code values} say everything
 * @param notes what else helps to see it
 * @param hot where the instructions went, of a program that is too complex
 * @param hint what is usually done about it
 */
public record Explanation(
    Kind kind,
    List<String> lines,
    String summary,
    @Nullable Instruction instruction,
    List<Instruction> calls,
    List<Value> values,
    List<Step> path,
    String demand,
    String known,
    List<String> notes,
    List<HotLine> hot,
    Hint hint) {

  /** The last line of the kernel's log. */
  public String message() {
    return lines.isEmpty() ? "" : lines.getLast();
  }

  /**
   * An instruction and its place in the program.
   *
   * @param insn index
   * @param text as the log shows it, "(61) r2 = *(u32 *)(r1 +0)"
   * @param function BTF name of the function, "" without BTF
   */
  public record Instruction(int insn, String text, @Nullable SourceLine source, String function) {}

  /**
   * What is known of a register or stack slot.
   *
   * @param place "r2", "fp-16"
   * @param state as the log shows it
   * @param meaning the same in words
   */
  public record Value(String place, String state, String meaning) {}

  /** What a step did. */
  public enum Role {
    /** Known where the program or global function begins. */
    ENTRY("entry"),
    /** It wrote the value. */
    WRITES("writes"),
    /** A comparison told more of it, or less. */
    COMPARES("compares"),
    /** A call or comparison took it away. */
    LOSES("loses"),
    /** It carried the value into a function or back. */
    PASSES("passes"),
    /** It acquired what is not given back. */
    ACQUIRES("acquires"),
    /** A branch that decided where the path went. */
    BRANCHES("branches");

    private final String id;

    Role(String id) {
      this.id = id;
    }

    public String id() {
      return id;
    }
  }

  /**
   * A step of the slice.
   *
   * @param times how often in a row the path went through it so; effects are the last time's
   */
  public record Step(Instruction instruction, Role role, List<Effect> effects, int times) {}

  /**
   * What a step made of a register or slot; states as the log shows them.
   *
   * @param meaning the same in a few words: "r2 = 0..64, was 0..4294967295"
   */
  public record Effect(String place, String before, String after, String meaning) {}

  /**
   * A line that took many instructions.
   *
   * @param visits instructions of it that were judged, on all paths
   * @param states states that were kept at it
   */
  public record HotLine(Instruction first, long visits, long states) {}

  /**
   * What is usually done.
   *
   * @param example lines of C, empty where none helps
   */
  public record Hint(String text, String example) {}

  /**
   * Verifies a program again and explains its rejection.
   *
   * @param options as it was rejected with; the log level does not matter
   * @return null when it is not rejected
   */
  public static @Nullable Explanation of(Program program, VerifierOptions options) {
    Recording recording = Recording.of(program, options, null);
    return recording == null ? null : of(recording);
  }

  /** Explains a rejection that was recorded. */
  public static Explanation of(Recording recording) {
    return new Explainer(recording).explanation();
  }

  /**
   * Explains a rejection from the kernel's log alone, level 1 or 2, of any kernel: whatever a user
   * pastes. Lines that are no log are passed over.
   *
   * @return null when it tells of no rejection
   */
  public static @Nullable Explanation ofLog(String log) {
    return new LogExplainer(LogText.parse(log)).explanation();
  }

  /** What can be said of a rejection of which only the message is known. */
  public static Explanation ofMessage(String message) {
    Messages.Known known = Messages.of(message);
    return new Explanation(
        known.kind(),
        List.of(message),
        known.summary(),
        null,
        List.of(),
        List.of(),
        List.of(),
        known.summary(),
        "",
        List.of(),
        List.of(),
        new Hint(known.hint(), ""));
  }
}

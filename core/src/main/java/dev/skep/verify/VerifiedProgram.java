package dev.skep.verify;

import dev.skep.program.AttachPrototype;
import dev.skep.program.Program;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program that the verifier accepted, with the facts the rewrites need; only the verifier makes
 * one.
 */
public final class VerifiedProgram {
  private final Program program;
  private final InsnFacts facts;
  private final List<SubprogFacts> subprogs;
  private final boolean throwsException;
  private final boolean writesPacket;
  private final VerifierOptions options;
  private final @Nullable AttachPrototype attachPrototype;

  VerifiedProgram(
      Program program,
      InsnFacts facts,
      List<SubprogFacts> subprogs,
      boolean writesPacket,
      boolean throwsException,
      VerifierOptions options,
      @Nullable AttachPrototype attachPrototype) {
    this.program = program;
    this.facts = facts;
    this.subprogs = List.copyOf(subprogs);
    this.writesPacket = writesPacket;
    this.throwsException = throwsException;
    this.options = options;
    this.attachPrototype = attachPrototype;
  }

  public Program program() {
    return program;
  }

  public InsnFacts facts() {
    return facts;
  }

  /** In order of their starts; the first is the main program. */
  public List<SubprogFacts> subprogs() {
    return subprogs;
  }

  /** What programs that extend it need to know of it. */
  public TargetProgram asTarget() {
    List<TargetProgram.Function> functions = new ArrayList<>();
    for (SubprogFacts subprog : subprogs) {
      if (facts.seen[subprog.start()]) {
        functions.add(TargetProgram.Function.of(subprog));
      }
    }
    return new TargetProgram(program, options.host().jit(), List.copyOf(functions));
  }

  /**
   * Whether the packet may be written directly (seen_direct_write: the type's prologue is needed).
   */
  public boolean writesPacket() {
    return writesPacket;
  }

  /** Whether it may throw: its frame then keeps what an exception callback needs. */
  public boolean throwsException() {
    return throwsException;
  }

  public VerifierOptions options() {
    return options;
  }

  /** The function that it attaches to, as its prototype; null for types that have none. */
  public @Nullable AttachPrototype attachPrototype() {
    return attachPrototype;
  }
}

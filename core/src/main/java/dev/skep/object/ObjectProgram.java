package dev.skep.object;

import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import org.jspecify.annotations.Nullable;

/** A program of an object as its section describes it, not linked yet. */
public final class ObjectProgram {
  private final ObjectFunction function;
  private final String section;
  private ProgramType type;
  private int expectedAttachType;
  private int flags;
  private boolean autoload;
  private @Nullable String attachTo;
  private @Nullable Program attachProgram;

  ObjectProgram(
      ObjectFunction function, String section, SectionNames.Meaning meaning, boolean autoload) {
    this.function = function;
    this.section = section;
    this.type = meaning.type();
    this.expectedAttachType = meaning.attachType();
    this.flags = meaning.flags();
    this.autoload = autoload;
    this.attachTo = meaning.attachTo();
  }

  ObjectFunction function() {
    return function;
  }

  /** The whole symbol name. */
  public String name() {
    return function.name();
  }

  /** The section's name without a leading "?". */
  public String section() {
    return section;
  }

  /** UNSPEC where the section's name says nothing. */
  public ProgramType type() {
    return type;
  }

  /** Sets the type and the number of the expected attach type, whatever the section says. */
  public void type(ProgramType newType, int newExpectedAttachType) {
    type = newType;
    expectedAttachType = newExpectedAttachType;
  }

  /** Number of the expected attach type, 0 where none is said. */
  public int expectedAttachType() {
    return expectedAttachType;
  }

  /** BPF_F_* of BPF_PROG_LOAD: BPF_F_SLEEPABLE and BPF_F_XDP_HAS_FRAGS as the section asks. */
  public int flags() {
    return flags;
  }

  public void flags(int newFlags) {
    flags = newFlags;
  }

  /** The function, tracepoint or hook that the section names, or the one set instead, or null. */
  public @Nullable String attachTo() {
    return attachTo;
  }

  /** The program whose function this one replaces or traces, or null. */
  public @Nullable Program attachProgram() {
    return attachProgram;
  }

  /**
   * Sets what the program attaches to (bpf_program__set_attach_target): SEC("freplace") needs it.
   *
   * @param target the other program, as {@code LoadedProgram.program()} or {@link
   *     BpfObject#toProgram} gives it; null for something of the kernel
   * @param function name of the function; null for the one that the section names or, where it
   *     names none, the target's main function
   */
  public void attachTarget(@Nullable Program target, @Nullable String function) {
    attachProgram = target;
    if (function != null) {
      attachTo = function;
    }
  }

  /** Number of instruction slots before subprograms are linked in. */
  public int insnCount() {
    return function.length();
  }

  /** Whether an engine loads it with the object: not where the section starts with "?". */
  public boolean autoload() {
    return autoload;
  }

  public void autoload(boolean load) {
    autoload = load;
  }

  @Override
  public String toString() {
    return name() + " (" + section + ")";
  }
}

package dev.skep.object;

import dev.skep.program.ProgramType;
import org.jspecify.annotations.Nullable;

/** A program of an object as its section describes it, not linked yet. */
public final class ObjectProgram {
  private final ObjectFunction function;
  private final String section;
  private final SectionNames.Meaning meaning;
  private ProgramType type;
  private int expectedAttachType;
  private int flags;
  private boolean autoload;

  ObjectProgram(
      ObjectFunction function, String section, SectionNames.Meaning meaning, boolean autoload) {
    this.function = function;
    this.section = section;
    this.meaning = meaning;
    this.type = meaning.type();
    this.expectedAttachType = meaning.attachType();
    this.flags = meaning.flags();
    this.autoload = autoload;
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

  /** The function, tracepoint or hook that the section names, or null. */
  public @Nullable String attachTo() {
    return meaning.attachTo();
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

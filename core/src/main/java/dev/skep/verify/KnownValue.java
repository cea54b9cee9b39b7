package dev.skep.verify;

import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What the verifier knows of a register or stack slot at one moment of a {@link Recording}. */
public final class KnownValue {
  private static final long[] NOTHING = new long[Reg.STRIDE];

  private final Recording.Printing printing;
  private final int frame;
  private final long[] words;

  /** Types of the bytes of a slot, -1 for a register. */
  private final long slotTypes;

  KnownValue(Recording.Printing printing, int frame, long[] from, int at, long slotTypes) {
    this.printing = printing;
    this.frame = frame;
    words = at < 0 ? NOTHING : Arrays.copyOfRange(from, at, at + Reg.STRIDE);
    this.slotTypes = slotTypes;
  }

  private boolean holdsRegister() {
    return slotTypes == -1 || StackSlot.isSpilled(slotTypes);
  }

  /**
   * As the log shows it: "scalar(umax=255)", "mmmmmmmm" of bytes; "?" where nothing was written.
   */
  public String text() {
    return holdsRegister() ? printing.register(frame, words) : letters();
  }

  private String letters() {
    StringBuilder text = new StringBuilder();
    for (int i = 7; i >= 0; i--) {
      text.append(StackSlot.LETTERS.charAt(StackSlot.type(slotTypes, 7 - i)));
    }
    return text.toString();
  }

  /** A {@link RegType} with flags; {@link RegType#NOT_INIT} also for bytes of a slot. */
  public int type() {
    return holdsRegister() ? Reg.type(words, 0) : RegType.NOT_INIT;
  }

  /** How the log names {@link #type}: "map_value_or_null". */
  public String typeText() {
    return RegTypeText.of(type());
  }

  public boolean isWritten() {
    return holdsRegister() ? type() != RegType.NOT_INIT : slotTypes != StackSlot.ALL_INVALID;
  }

  public boolean isScalar() {
    return type() == RegType.SCALAR;
  }

  public boolean isPointer() {
    return type() > RegType.SCALAR;
  }

  public boolean mayBeNull() {
    return (type() & RegType.MAYBE_NULL) != 0;
  }

  /** Whether the value, or the variable part of the offset, is known. */
  public boolean isConstant() {
    return Reg.isConst(words, 0);
  }

  /** Of a pointer the fixed part of its offset. */
  public int off() {
    return Reg.off(words, 0);
  }

  /** The least signed value, or variable part of a pointer's offset; likewise the three others. */
  public long smin() {
    return Reg.smin(words, 0);
  }

  public long smax() {
    return Reg.smax(words, 0);
  }

  public long umin() {
    return Reg.umin(words, 0);
  }

  public long umax() {
    return Reg.umax(words, 0);
  }

  /** Of a packet pointer the bytes known to be there; of memory its size. */
  public int range() {
    return Reg.handle(words, 0);
  }

  /** The frame that a stack pointer points into. */
  public int stackFrame() {
    return Reg.frame(words, 0);
  }

  /** The reference that it belongs to, or 0. */
  public int reference() {
    return Reg.refObjId(words, 0);
  }

  /** The map that a map pointer, key or value belongs to, else null. */
  public @Nullable MapSpec map() {
    return switch (RegType.base(type())) {
      case RegType.CONST_PTR_TO_MAP, RegType.MAP_KEY, RegType.MAP_VALUE ->
          StatePrinter.mapOf(printing.program, Reg.handle(words, 0));
      default -> null;
    };
  }

  Program program() {
    return printing.program;
  }

  @Override
  public String toString() {
    return text();
  }
}

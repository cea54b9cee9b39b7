package dev.skep.verify;

import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.program.Program;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an accepted program's registers can hold, instruction by instruction, as the verifier claims
 * it: the states that were stored, one at each visit of each instruction, with what was forgotten
 * in them since. For tests of soundness: whatever runs must lie within one of them.
 *
 * <p>What an ordinary verification claims of a scalar depends on whether the proof needed it
 * (precise): of others nothing is claimed. A strict one takes every scalar for needed.
 */
public final class Claims {
  /** Where and how the program runs, to judge pointers. */
  public interface Memory {
    /** The address of the context. */
    long context();

    /** Whether the program may read all these bytes. */
    boolean readable(long address, int bytes);
  }

  private static final int R10 = 10;
  private static final long LOW = 0xffffffffL;

  /** Whether the values of all scalars count. */
  final boolean strict;

  private final Program program;
  private final List<List<State>> states = new ArrayList<>();
  private @Nullable InsnMarks marks;
  private int count;

  private Claims(Program program, boolean strict) {
    this.program = program;
    this.strict = strict;
    for (int i = 0; i < program.insns().length; i++) {
      states.add(new ArrayList<>());
    }
  }

  /**
   * Verifies a program with a checkpoint at every instruction.
   *
   * @param strict whether all scalars count
   * @return null unless it is accepted
   */
  public static @Nullable Claims of(Program program, VerifierOptions options, boolean strict) {
    Claims claims = new Claims(program, strict);
    return Verifier.claim(program, options.withLogLevel(0), claims) ? claims : null;
  }

  /** Nothing is claimed of what is not read any more. */
  void liveness(InsnMarks found) {
    marks = found;
  }

  void add(int insn, State state) {
    states.get(insn).add(state);
    count++;
  }

  /** How many states were stored. */
  public int count() {
    return count;
  }

  /**
   * Whether some claim holds.
   *
   * @param insn the instruction that is about to run
   * @param registers R0 to R10
   * @return empty if one does, else what contradicts the last one
   */
  public String violation(int insn, long[] registers, Memory memory) {
    String why = "no path leads here";
    int live = marks == null ? 0 : marks.liveBefore[insn];
    for (State state : states.get(insn)) {
      why = contradiction(state.current(), live, registers, memory);
      if (why.isEmpty()) {
        return why;
      }
    }
    return "insn " + insn + ": " + why;
  }

  private String contradiction(Frame frame, int live, long[] registers, Memory memory) {
    for (int r = 0; r <= R10; r++) {
      if ((live >>> r & 1) != 0 && !holds(frame, r, registers, memory)) {
        return "R" + r + "=0x" + Long.toHexString(registers[r]) + ", claimed " + text(frame);
      }
    }
    return related(frame, live, registers) ? "" : "registers of one id differ, " + text(frame);
  }

  private String text(Frame frame) {
    State state = new State();
    state.frames[0] = frame;
    VerifierLog out = new VerifierLog(1, Integer.MAX_VALUE);
    new StatePrinter(out, program).print(state, 0, null);
    return out.text().strip();
  }

  private boolean holds(Frame frame, int r, long[] registers, Memory memory) {
    long[] regs = frame.regs;
    int at = Frame.reg(r);
    long value = registers[r];
    int type = Reg.type(regs, at);
    if ((type & RegType.MAYBE_NULL) != 0 && value == 0) {
      return true;
    }
    long fixed = value - Reg.off(regs, at);
    return switch (RegType.base(type)) {
      case RegType.NOT_INIT, RegType.ARENA -> true;
      case RegType.SCALAR ->
          !counts(regs, at) || within(regs, at, isCut(regs, at) ? value & LOW : value);
      case RegType.CTX -> within(regs, at, fixed - memory.context());
      case RegType.STACK ->
          Reg.frame(regs, at) != frame.frameno || within(regs, at, fixed - registers[R10]);
      case RegType.PACKET, RegType.PACKET_META -> {
        int range = Reg.handle(regs, at);
        yield range <= 0 || memory.readable(fixed, range);
      }
      case RegType.MEM -> {
        int size = Reg.handle(regs, at);
        boolean plain = (type & (RegType.MEM_PERCPU | RegType.MEM_USER)) == 0;
        long start = fixed - Reg.value(regs, at);
        yield !plain || !Reg.isConst(regs, at) || size <= 0 || memory.readable(start, size);
      }
      case RegType.MAP_VALUE -> {
        int size = StatePrinter.mapOf(program, Reg.handle(regs, at)).valueSize();
        long start = fixed - Reg.value(regs, at);
        yield !Reg.isConst(regs, at) || memory.readable(start, size);
      }
      // An inlined bpf_loop leaves no address of its callback.
      case RegType.BTF_ID, RegType.FUNC -> true;
      default -> value != 0;
    };
  }

  /** Whether a number lies within the value part of a register. */
  private static boolean within(long[] r, int at, long value) {
    int low = (int) value;
    return (value & ~Reg.mask(r, at)) == Reg.value(r, at)
        && value >= Reg.smin(r, at)
        && value <= Reg.smax(r, at)
        && Long.compareUnsigned(value, Reg.umin(r, at)) >= 0
        && Long.compareUnsigned(value, Reg.umax(r, at)) <= 0
        && low >= Reg.smin32(r, at)
        && low <= Reg.smax32(r, at)
        && Integer.compareUnsigned(low, Reg.umin32(r, at)) >= 0
        && Integer.compareUnsigned(low, Reg.umax32(r, at)) <= 0;
  }

  /**
   * Whether only the lower half is there: x86 leaves the upper one of R0 as it is where a 32-bit
   * cmpxchg succeeds, and the rewrites clear it only where it is read.
   */
  private boolean isCut(long[] regs, int at) {
    int definition = Reg.subregDef(regs, at) - 1;
    long word = definition < 0 ? 0 : program.insns()[definition];
    return InsnWord.code(word) == (Opcodes.STX | Opcodes.ATOMIC | Opcodes.W)
        && InsnWord.imm(word) == Opcodes.CMPXCHG;
  }

  private boolean counts(long[] regs, int at) {
    return strict || Reg.precise(regs, at);
  }

  /** Whether scalars of one id are equal. */
  private boolean related(Frame frame, int live, long[] registers) {
    for (int a = 0; a < R10; a++) {
      int id = (live >>> a & 1) == 0 ? 0 : linked(frame, a);
      for (int b = a + 1; id != 0 && b < R10; b++) {
        boolean read = (live >>> b & 1) != 0;
        if (read && linked(frame, b) == id && registers[a] != registers[b]) {
          return false;
        }
      }
    }
    return true;
  }

  private int linked(Frame frame, int r) {
    int at = Frame.reg(r);
    boolean scalar = Reg.type(frame.regs, at) == RegType.SCALAR && counts(frame.regs, at);
    int id = Reg.id(frame.regs, at);
    return scalar && (id & Reg.ADD_CONST) == 0 ? id : 0;
  }
}

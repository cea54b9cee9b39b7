package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What each step of one path changed, found by comparing the state before it with the state before
 * the next one. Steps of other paths are passed over.
 */
final class PathDetails implements PathListener {
  private static final int SLOTS = Env.MAX_STACK / 8;

  /** Words of a register that say what is known of it, without ids, precision and marks. */
  private static final int COMPARED = Reg.EXACT;

  private final Recording.Printing printing;
  private final int[] wanted;
  private final List<Recording.Step> path = new ArrayList<>();
  private int next;
  private int count;

  // The state before the last step of the path.

  private final long[][] regs = new long[State.MAX_FRAMES][Reg.COUNT * Reg.STRIDE];
  private final long[][] slotTypes = new long[State.MAX_FRAMES][SLOTS];
  private final long[][] spilled = new long[State.MAX_FRAMES][SLOTS * Reg.STRIDE];
  private int curframe = -1;

  private List<Recording.Held> held = List.of();
  private int insn = -1;
  private List<Recording.Call> calls = List.of();

  PathDetails(Recording.Printing printing, int[] wanted) {
    this.printing = printing;
    this.wanted = wanted;
  }

  @Override
  public void begins() {}

  @Override
  public void step(Env env) {
    count++;
    if (next == wanted.length || count != wanted[next]) {
      return;
    }
    next++;
    State state = env.cur;
    if (insn >= 0 || next == 1) {
      List<Recording.Change> changes = new ArrayList<>();
      Place read = readSlot(); // found from what registers were before
      compare(state, changes, next == 1);
      path.add(new Recording.Step(insn, curframeOfStep, changes, read));
    }
    insn = env.insn;
    curframeOfStep = state.curframe;
    held = heldBy(state);
    calls = callsOf(env, state);
  }

  private int curframeOfStep;

  private @Nullable Place readSlot() {
    if (insn < 0 || classOf(InsnWord.code(printing.program.insns()[insn])) != LDX) {
      return null;
    }
    long word = printing.program.insns()[insn];
    return slotAt(curframeOfStep, InsnWord.src(word), InsnWord.off(word));
  }

  /** The slot that a register of the state before the last step points to, else null. */
  private @Nullable Place slotAt(int f, int regno, int off) {
    int at = Frame.reg(regno);
    if (regno >= Reg.COUNT || Reg.type(regs[f], at) != RegType.STACK || !Reg.isConst(regs[f], at)) {
      return null;
    }
    long byteOff = Reg.off(regs[f], at) + Reg.value(regs[f], at) + off;
    return byteOff < 0 && byteOff >= -Env.MAX_STACK
        ? Place.ofSlot(Reg.frame(regs[f], at), (int) ((-byteOff - 1) / 8))
        : null;
  }

  @Override
  public void pushed() {}

  @Override
  public void popped() {}

  @Override
  public void stored(int insn) {}

  @Override
  public void ends() {}

  private void compare(State state, List<Recording.Change> changes, boolean entry) {
    for (int f = 0; f < State.MAX_FRAMES; f++) {
      if (f <= state.curframe) {
        frame(state.view(f), f, changes, entry);
      } else if (f <= curframe) {
        Arrays.fill(regs[f], 0);
        Arrays.fill(slotTypes[f], 0);
        Arrays.fill(spilled[f], 0);
      }
    }
    curframe = state.curframe;
  }

  private void frame(Frame now, int f, List<Recording.Change> changes, boolean entry) {
    int written = entry || f != curframeOfStep ? -1 : writtenRegister();
    for (int i = 0; i < Reg.COUNT; i++) {
      int at = Frame.reg(i);
      boolean same = Reg.same(regs[f], at, now.regs, at, COMPARED);
      boolean nothing =
          Reg.type(regs[f], at) == RegType.NOT_INIT && Reg.type(now.regs, at) == RegType.NOT_INIT;
      if ((!same || i == written) && !nothing) {
        changes.add(
            new Recording.Change(
                Place.ofRegister(f, i),
                new KnownValue(printing, f, regs[f], at, -1),
                new KnownValue(printing, f, now.regs, at, -1)));
      }
    }
    for (int i = 0; i < now.slots(); i++) {
      int at = spill(i);
      long before = slotTypes[f][i];
      long after = now.types(i);
      boolean spills = StackSlot.isSpecial(before) || StackSlot.isSpecial(after);
      boolean same =
          before == after
              && (!spills
                  || Reg.same(spilled[f], at, now.spilledView(i), Frame.spill(i), COMPARED));
      if (!same || i == writtenSlot(f)) {
        changes.add(
            new Recording.Change(
                Place.ofSlot(f, i),
                new KnownValue(printing, f, spilled[f], at, before),
                new KnownValue(printing, f, now.spilledView(i), Frame.spill(i), after)));
      }
      slotTypes[f][i] = after;
    }
    for (int i = 0; i < now.slots(); i++) {
      Reg.copy(now.spilledView(i), Frame.spill(i), spilled[f], spill(i));
    }
    // Last: what the step wrote is found from what its registers were.
    System.arraycopy(now.regs, 0, regs[f], 0, regs[f].length);
  }

  private static int spill(int slot) {
    return slot * Reg.STRIDE;
  }

  /** The register that the last step wrote, even if with what it held before; -1 for none. */
  private int writtenRegister() {
    if (insn < 0) {
      return -1;
    }
    long word = printing.program.insns()[insn];
    int code = InsnWord.code(word);
    return switch (classOf(code)) {
      case ALU, ALU64, LDX -> InsnWord.dst(word);
      case LD -> mode(code) == IMM ? InsnWord.dst(word) : 0;
      case JMP -> op(code) == CALL && InsnWord.src(word) != PSEUDO_CALL ? 0 : -1;
      default -> -1;
    };
  }

  /** The slot of a frame that the last step wrote through a pointer with a known offset. */
  private int writtenSlot(int f) {
    if (insn < 0) {
      return -1;
    }
    long word = printing.program.insns()[insn];
    int kind = classOf(InsnWord.code(word));
    if (kind != ST && kind != STX) {
      return -1;
    }
    Place slot = slotAt(curframeOfStep, InsnWord.dst(word), InsnWord.off(word));
    return slot != null && slot.frame() == f ? slot.slot() : -1;
  }

  private static List<Recording.Held> heldBy(State state) {
    List<Recording.Held> all = new ArrayList<>();
    for (int i = 0; i < state.refCount; i++) {
      all.add(new Recording.Held(state.refType[i], state.refId[i], state.refInsn[i]));
    }
    return List.copyOf(all);
  }

  private static List<Recording.Call> callsOf(Env env, State state) {
    List<Recording.Call> all = new ArrayList<>();
    for (int f = 0; f <= state.curframe; f++) {
      Frame frame = state.view(f);
      Subprog subprog = env.subprogs[frame.subprogno];
      int at = f == state.curframe ? env.insn : state.view(f + 1).callsite;
      all.add(new Recording.Call(f, subprog.number, subprog.name, at));
    }
    return List.copyOf(all);
  }

  List<Recording.Step> path() {
    return path;
  }

  /** The instruction of the step that failed, -1 when there was none. */
  int insn() {
    return insn;
  }

  List<Recording.Held> held() {
    return held;
  }

  List<Recording.Call> calls() {
    return calls;
  }

  /** What was known before the step that failed; null for a frame that there was not. */
  @Nullable KnownValue at(Place place) {
    int f = place.frame();
    if (f < 0 || f > curframe || place.register() >= Reg.COUNT || place.slot() >= SLOTS) {
      return null;
    }
    return place.isRegister()
        ? new KnownValue(printing, f, regs[f], Frame.reg(place.register()), -1)
        : new KnownValue(printing, f, spilled[f], spill(place.slot()), slotTypes[f][place.slot()]);
  }
}

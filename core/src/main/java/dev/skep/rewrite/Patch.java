package dev.skep.rewrite;

import dev.skep.errors.RejectedException;
import java.util.Arrays;

/**
 * One forward pass that replaces instructions by sequences, in linear time.
 *
 * <p>The caller walks the old instructions in order, calls {@link #begin} for each and then either
 * {@link #keep} or some emit methods; {@link #finish} puts the result in place. The outcome is that
 * of the kernel's bpf_patch_insn_data applied one by one: references of kept instructions are
 * adjusted, emitted ones are final as written, and a reference to a replaced instruction enters the
 * sequence at its start.
 */
final class Patch {
  private static final int ENOMEM = 12;

  private final Code code;

  /** Where each old instruction's sequence starts; one more entry for the end. */
  private final int[] at;

  /** Where jumps to each old instruction lead: behind a prologue that was put before it. */
  private final int[] jumpsTo;

  private long[] insns;
  private int[] origin;
  private boolean[] zext;

  /** Old instruction that a new one refers to, -1 for none or for a reference that is final. */
  private int[] target;

  private int length;
  private int current = -1;
  private boolean replaced;

  Patch(Code code) {
    this.code = code;
    at = new int[code.length + 1];
    jumpsTo = new int[code.length + 1];
    int capacity = code.length + code.length / 2 + 64;
    insns = new long[capacity];
    origin = new int[capacity];
    zext = new boolean[capacity];
    target = new int[capacity];
  }

  /** Starts what stands for the old instruction. */
  void begin(int old) {
    end();
    current = old;
    at[old] = length;
    jumpsTo[old] = length;
    replaced = false;
  }

  /** Keeps the old instruction as it is. */
  void keep() {
    keep(code.insns[current]);
  }

  /** Keeps the old instruction in another form; its facts and references stay. */
  void keep(long word) {
    append(word, code.origin[current], code.zext[current], code.target(current));
  }

  /** Adds an instruction to the sequence; jumps in it are final as written. */
  void emit(long word) {
    append(word, -1, Words.definesLowHalf(word), -1);
    replaced = true;
  }

  /**
   * Adds the old instruction, in this or another form, to a sequence; its reference is adjusted.
   */
  void emitOld(long word) {
    append(word, -1, Words.definesLowHalf(word), code.target(current));
    replaced = true;
  }

  /** Adds a jump or call to an old instruction. */
  void emitTo(long word, int oldTarget) {
    append(word, -1, Words.definesLowHalf(word), oldTarget);
    replaced = true;
  }

  /** What was emitted since {@link #begin} is a prologue: jumps lead past it (adjust_jmp_off). */
  void endPrologue() {
    jumpsTo[current] = length;
  }

  /** Where the next instruction will be. */
  int length() {
    return length;
  }

  private void end() {
    if (current >= 0 && replaced) {
      origin[length - 1] = code.origin[current];
    }
  }

  private void append(long word, int from, boolean extended, int oldTarget) {
    if (length == insns.length) {
      grow();
    }
    insns[length] = word;
    origin[length] = from;
    zext[length] = extended;
    target[length] = oldTarget;
    length++;
  }

  private void grow() {
    int capacity = length * 2;
    insns = Arrays.copyOf(insns, capacity);
    origin = Arrays.copyOf(origin, capacity);
    zext = Arrays.copyOf(zext, capacity);
    target = Arrays.copyOf(target, capacity);
  }

  /** Puts the new instructions in place and adjusts everything that refers to instructions. */
  void finish() {
    end();
    at[code.length] = length;
    jumpsTo[code.length] = length;
    for (int i = 0; i < length; i++) {
      if (target[i] >= 0) {
        resolve(i);
      }
    }
    for (int s = 0; s <= code.subprogs; s++) {
      code.starts[s] = at[code.starts[s]];
    }
    for (int l = 0; l < code.lines; l++) {
      code.lineInsns[l] = moved(at, code.lineInsns[l]);
    }
    code.insns = insns;
    code.origin = origin;
    code.zext = zext;
    code.length = length;
  }

  private void resolve(int insn) {
    int[] map = Words.namesSubprog(insns[insn]) ? at : jumpsTo;
    long word = Words.withRelative(insns[insn], moved(map, target[insn]) - insn - 1);
    if (word == Words.NO_WORD) {
      throw tooFar();
    }
    insns[insn] = word;
  }

  private int moved(int[] map, int old) {
    return old <= code.length ? map[old] : map[code.length] + old - code.length;
  }

  /** The kernel gives up at the first insertion that stretches a jump beyond 16 bits. */
  private RejectedException tooFar() {
    int culprit = code.length;
    for (int i = 0; i < code.length; i++) {
      int to = code.target(i);
      if (to >= 0 && !Words.namesSubprog(code.insns[i])) {
        culprit = Math.min(culprit, stretches(i, to, culprit));
      }
    }
    int insn = culprit < code.length ? code.origin[culprit] : -1;
    String message = "insn " + insn + " cannot be patched due to 16-bit range";
    return new RejectedException(
        code.program.name() + ": " + message, ENOMEM, insn, message + "\n");
  }

  /** The old instruction whose replacement makes the jump too long, or {@code limit}. */
  private int stretches(int from, int to, int limit) {
    int first = to > from ? from + 1 : to;
    int last = Math.min(to > from ? to - 1 : from - 1, limit - 1);
    int distance = to - from - 1;
    if (distance != (short) distance) {
      return limit; // gotol
    }
    int sign = to > from ? 1 : -1;
    for (int p = first; p <= last; p++) {
      distance += sign * (at[p + 1] - at[p] - 1);
      if (distance != (short) distance) {
        return p;
      }
    }
    return limit;
  }
}

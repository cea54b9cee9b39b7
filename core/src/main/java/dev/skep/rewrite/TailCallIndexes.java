package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.util.BitSet;

/**
 * Finds the tail calls whose index, all 64 bits of it, is below the size of the program array on
 * every path, so that machine code need not test it.
 *
 * <p>The verifier's own ranges do not tell: where it takes a state as covered by an earlier one it
 * compares only the registers that mattered for safety, and the index of a tail call does not. So
 * each function with such a call is gone through once more, all paths at a time.
 */
final class TailCallIndexes {
  /** Larger functions are not looked at. */
  private static final int MAX_INSNS = 1 << 15;

  /**
   * Changes of what is known at one instruction, after which bounds that still grow are given up.
   */
  private static final int PATIENCE = 8;

  private static final int INDEX = 3;

  private final long[] insns;
  private final int start;
  private final int end;
  private final int[] changes;
  private final long[] max;
  private final long[] low;
  private final int[] same;
  private final int[] queue;
  private final boolean[] queued;
  private int head;
  private int waiting;
  private final UpperBounds now = new UpperBounds();
  private final UpperBounds branch = new UpperBounds();

  private TailCallIndexes(long[] insns, int start, int end) {
    this.insns = insns;
    this.start = start;
    this.end = end;
    int size = end - start;
    changes = new int[size];
    max = new long[size * UpperBounds.REGISTERS];
    low = new long[size * UpperBounds.REGISTERS];
    same = new int[size * UpperBounds.REGISTERS];
    queue = new int[size];
    queued = new boolean[size];
  }

  /** The instructions that are such tail calls. */
  static BitSet find(Code code, TailCallDialect dialect) {
    BitSet found = new BitSet();
    for (int s = 0; s < code.subprogs; s++) {
      int size = code.starts[s + 1] - code.starts[s];
      if (size <= MAX_INSNS && hasIndirectCall(code, s, dialect)) {
        TailCallIndexes indexes =
            new TailCallIndexes(code.insns, code.starts[s], code.starts[s + 1]);
        if (indexes.follow()) {
          indexes.collect(code, dialect, found);
        }
      }
    }
    return found;
  }

  private static boolean hasIndirectCall(Code code, int subprog, TailCallDialect dialect) {
    for (int i = code.starts[subprog]; i < code.starts[subprog + 1]; i++) {
      if (isIndirectCall(code.insns[i], dialect)) {
        return true;
      }
      i += InsnWord.code(code.insns[i]) == LD_IMM64 ? 1 : 0;
    }
    return false;
  }

  private static boolean isIndirectCall(long word, TailCallDialect dialect) {
    return InsnWord.code(word) == TAIL_CALL_CODE
        && TailCallImm.form(dialect, InsnWord.imm(word)) != TailCallImm.Form.DIRECT;
  }

  private void collect(Code code, TailCallDialect dialect, BitSet found) {
    for (int i = start; i < end; i++) {
      if (isIndirectCall(insns[i], dialect) && changes[i - start] > 0) {
        long bound = max[(i - start) * UpperBounds.REGISTERS + INDEX];
        if (Long.compareUnsigned(bound, size(code, dialect, InsnWord.imm(insns[i]))) < 0) {
          found.set(i);
        }
      }
      i += InsnWord.code(insns[i]) == LD_IMM64 ? 1 : 0;
    }
  }

  /** The slots of the map, or of the smallest that it can be. */
  private static long size(Code code, TailCallDialect dialect, int imm) {
    if (TailCallImm.form(dialect, imm) == TailCallImm.Form.STATIC) {
      return code.program.maps().get(TailCallImm.map(imm)).maxEntries() & 0xffffffffL;
    }
    long smallest = 0xffffffffL;
    for (MapSpec map : code.program.maps()) {
      if (map.type() == MapType.PROG_ARRAY) {
        smallest = Math.min(smallest, map.maxEntries() & 0xffffffffL);
      }
    }
    return smallest;
  }

  /** Goes on until nothing changes; false where a jump is not understood. */
  private boolean follow() {
    now.forgetAll();
    arrive(start, now);
    while (waiting > 0) {
      int at = queue[head];
      head = head + 1 == queue.length ? 0 : head + 1;
      waiting--;
      queued[at - start] = false;
      restore(at);
      if (!step(at)) {
        return false;
      }
    }
    return true;
  }

  private boolean step(int at) {
    long word = insns[at];
    int code = InsnWord.code(word);
    if (code == EXIT_CODE) {
      return true;
    }
    if (code == GOTOX_CODE) {
      return false;
    }
    if (code == JA_CODE || code == GOTOL_CODE) {
      arrive(at + 1 + Words.relative(word), now);
      return true;
    }
    if (Words.isConditionalJump(word)) {
      copy(now, branch);
      if (code != MAY_GOTO_CODE) {
        now.assume(word, false);
        branch.assume(word, true);
      }
      arrive(at + 1, now);
      arrive(at + 1 + Words.relative(word), branch);
      return true;
    }
    boolean wide = code == LD_IMM64;
    now.execute(word, wide ? insns[at + 1] : 0, at + 1);
    arrive(at + (wide ? 2 : 1), now);
    return true;
  }

  private static void copy(UpperBounds from, UpperBounds to) {
    System.arraycopy(from.max, 0, to.max, 0, UpperBounds.REGISTERS);
    System.arraycopy(from.low, 0, to.low, 0, UpperBounds.REGISTERS);
    System.arraycopy(from.same, 0, to.same, 0, UpperBounds.REGISTERS);
  }

  private void restore(int at) {
    int from = (at - start) * UpperBounds.REGISTERS;
    System.arraycopy(max, from, now.max, 0, UpperBounds.REGISTERS);
    System.arraycopy(low, from, now.low, 0, UpperBounds.REGISTERS);
    System.arraycopy(same, from, now.same, 0, UpperBounds.REGISTERS);
  }

  /** Adds one more way to get to an instruction. */
  private void arrive(int at, UpperBounds with) {
    int slot = at - start;
    if (slot < 0 || slot >= changes.length) {
      return; // behind a call that never returns, whose exit was taken out
    }
    int from = slot * UpperBounds.REGISTERS;
    if (changes[slot] == 0) {
      System.arraycopy(with.max, 0, max, from, UpperBounds.REGISTERS);
      System.arraycopy(with.low, 0, low, from, UpperBounds.REGISTERS);
      System.arraycopy(with.same, 0, same, from, UpperBounds.REGISTERS);
    } else if (!merge(from, with, changes[slot] > PATIENCE)) {
      return;
    }
    changes[slot]++;
    if (!queued[slot]) {
      queued[slot] = true;
      int tail = head + waiting++;
      queue[tail >= queue.length ? tail - queue.length : tail] = at;
    }
  }

  private boolean merge(int from, UpperBounds with, boolean giveUp) {
    boolean changed = false;
    for (int r = 0; r < UpperBounds.REGISTERS; r++) {
      if (Long.compareUnsigned(with.max[r], max[from + r]) > 0) {
        max[from + r] = giveUp ? -1 : with.max[r];
        changed = true;
      }
      if (with.low[r] > low[from + r]) {
        low[from + r] = giveUp ? 0xffffffffL : with.low[r];
        changed = true;
      }
      if (same[from + r] != 0 && same[from + r] != with.same[r]) {
        same[from + r] = 0;
        changed = true;
      }
    }
    return changed;
  }
}

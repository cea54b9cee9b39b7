package dev.skep.verify;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Everything known at one point of one path (struct bpf_verifier_state): the call stack, the
 * references held, and where in the tree of explored paths it stands.
 */
final class State {
  /** Main program and seven calls (MAX_CALL_FRAMES). */
  static final int MAX_FRAMES = 8;

  /** {@link #refType}: an object that must be released. */
  static final int REF_PTR = 1;

  /** {@link #refType}: interrupts that were turned off. */
  static final int REF_IRQ = 2;

  /** {@link #refType}: a bpf_spin_lock that is held. */
  static final int REF_LOCK = 4;

  /** {@link #refType}: a bpf_res_spin_lock that is held. */
  static final int REF_RES_LOCK = 8;

  /** {@link #refType}: a bpf_res_spin_lock that is held with interrupts off. */
  static final int REF_RES_LOCK_IRQ = 16;

  private static final int ANY_LOCK = REF_LOCK | REF_RES_LOCK | REF_RES_LOCK_IRQ;

  /** {@link #refLock}: the lock is in an object that the program allocated. */
  static final int LOCK_IN_OBJECT = BtfObjects.PROGRAM;

  /** {@link #refLock} of references that are no lock. */
  static final int NO_LOCK = Integer.MIN_VALUE;

  private static final int[] NO_INTS = {};
  private static final long[] NO_LONGS = {};

  final @Nullable Frame[] frames = new Frame[MAX_FRAMES];
  int curframe;

  /**
   * References held, oldest first: kind, id and the instruction that acquired it; of locks also the
   * handle of the map that they are in, or {@link #LOCK_IN_OBJECT}.
   */
  int refCount;

  int[] refType = NO_INTS;
  int[] refId = NO_INTS;
  int[] refInsn = NO_INTS;
  int[] refLock = NO_INTS;

  /** Open sections of bpf_rcu_read_lock and bpf_preempt_disable. */
  int rcuLocks;

  int preemptLocks;

  /** The id of the interrupts turned off last, 0 when they are on. */
  int activeIrq;

  /** Locks held, and of the last one the id and where it is ({@link #refLock}). */
  int activeLocks;

  int activeLockId;
  int activeLock = NO_LOCK;

  /** Paths below this checkpoint that are still to be explored. */
  int branches;

  /** The checkpoint this path came from. */
  @Nullable State parent;

  int insnIdx;
  int firstInsn;
  int lastInsn;
  int dfsDepth;
  int callbackUnrollDepth;
  int mayGotoDepth;
  boolean speculative;
  boolean inSleepable;

  /** Dead registers and slots were already forgotten (clean_verifier_state). */
  boolean cleaned;

  /**
   * Instructions that backtracking cannot guess, since {@link #parent}: {@link JumpHistory} entries
   * of two words.
   */
  long[] history = NO_LONGS;

  int historyCount;

  // Of checkpoints only (struct bpf_verifier_state_list).

  /** The next older checkpoint of the same bucket. */
  @Nullable State next;

  int hits;
  int misses;

  /** Evicted from its bucket, kept until nothing below it is left to explore. */
  boolean evicted;

  /** The walk through a loop that it belongs to, null outside of loops. */
  SccVisits.@Nullable Visit visit;

  /** Of a backedge: the checkpoint it was found equal to. */
  @Nullable State equalState;

  /** The section in which nothing may sleep, as messages name it, empty for none. */
  String region() {
    return rcuLocks != 0
        ? "rcu_read_lock region"
        : preemptLocks != 0
            ? "non-preemptible region"
            : activeIrq != 0 ? "IRQ-disabled region" : "";
  }

  /** The frame that executes. */
  Frame current() {
    return frame(curframe);
  }

  /** A frame, to be read and written. */
  Frame frame(int number) {
    Frame frame = view(number);
    if (frame.isShared()) {
      frame = frame.copy();
      frames[number] = frame;
    }
    return frame;
  }

  /** A frame, only to be read: other states may have the same. */
  Frame view(int number) {
    Frame frame = frames[number];
    if (frame == null) {
      throw new IllegalStateException("no frame " + number);
    }
    return frame;
  }

  /** Registers of the frame that executes. */
  long[] regs() {
    return current().regs;
  }

  /**
   * A copy, history included, that is changed without this one changing (copy_verifier_state).
   * Callers' frames are the same object until one of both states changes them.
   */
  State copy() {
    State copy = new State();
    for (int i = 0; i < curframe; i++) {
      copy.frames[i] = view(i).share();
    }
    copy.frames[curframe] = view(curframe).copy();
    copy.curframe = curframe;
    if (refCount > 0) {
      copy.refCount = refCount;
      copy.refType = Arrays.copyOf(refType, refCount);
      copy.refId = Arrays.copyOf(refId, refCount);
      copy.refInsn = Arrays.copyOf(refInsn, refCount);
      copy.refLock = Arrays.copyOf(refLock, refCount);
    }
    copy.rcuLocks = rcuLocks;
    copy.preemptLocks = preemptLocks;
    copy.activeIrq = activeIrq;
    copy.activeLocks = activeLocks;
    copy.activeLockId = activeLockId;
    copy.activeLock = activeLock;
    copy.branches = branches;
    copy.parent = parent;
    copy.insnIdx = insnIdx;
    copy.firstInsn = firstInsn;
    copy.lastInsn = lastInsn;
    copy.dfsDepth = dfsDepth;
    copy.callbackUnrollDepth = callbackUnrollDepth;
    copy.mayGotoDepth = mayGotoDepth;
    copy.speculative = speculative;
    copy.inSleepable = inSleepable;
    copy.cleaned = cleaned;
    copy.equalState = equalState;
    if (historyCount > 0) {
      copy.history = Arrays.copyOf(history, historyCount * JumpHistory.WORDS);
      copy.historyCount = historyCount;
    }
    return copy;
  }

  /** Notes an object that must be released (acquire_reference). */
  void acquire(int type, int id, int insn) {
    if (refCount == refType.length) {
      int room = Math.max(4, refCount * 2);
      refType = Arrays.copyOf(refType, room);
      refId = Arrays.copyOf(refId, room);
      refInsn = Arrays.copyOf(refInsn, room);
      refLock = Arrays.copyOf(refLock, room);
    }
    refType[refCount] = type;
    refId[refCount] = id;
    refLock[refCount] = NO_LOCK;
    refInsn[refCount++] = insn;
  }

  /**
   * Notes a lock that is taken (acquire_lock_state).
   *
   * @param type one of the kinds of locks
   * @param id tells the value or object that it is in from others
   * @param lock where it is, as in {@link #refLock}
   */
  void acquireLock(int type, int id, int lock, int insn) {
    acquire(type, id, insn);
    refLock[refCount - 1] = lock;
    activeLocks++;
    activeLockId = id;
    activeLock = lock;
  }

  /** Whether a lock of one of the types is held (find_lock_state). */
  boolean holdsLock(int types, int id, int lock) {
    for (int i = 0; i < refCount; i++) {
      if ((refType[i] & types) != 0 && refId[i] == id && refLock[i] == lock) {
        return true;
      }
    }
    return false;
  }

  /** Whether a lock of any type is held. */
  boolean holdsLock(int id, int lock) {
    return holdsLock(ANY_LOCK, id, lock);
  }

  /** Forgets a reference; the order of the others stays (release_reference_nomark). */
  boolean release(int id) {
    for (int i = 0; i < refCount; i++) {
      if (refType[i] == REF_PTR && refId[i] == id) {
        remove(i);
        return true;
      }
    }
    return false;
  }

  private void remove(int i) {
    int behind = --refCount - i;
    System.arraycopy(refType, i + 1, refType, i, behind);
    System.arraycopy(refId, i + 1, refId, i, behind);
    System.arraycopy(refInsn, i + 1, refInsn, i, behind);
    System.arraycopy(refLock, i + 1, refLock, i, behind);
  }

  /**
   * A lock that is held is free again; the one taken before it is the last (release_lock_state).
   */
  void releaseLock(int type, int id, int lock) {
    int previousId = 0;
    int previous = NO_LOCK;
    for (int i = 0; i < refCount; i++) {
      if (refType[i] == type && refId[i] == id && refLock[i] == lock) {
        remove(i);
        activeLocks--;
        activeLockId = previousId;
        activeLock = previous;
        return;
      }
      if ((refType[i] & ANY_LOCK) != 0) {
        previousId = refId[i];
        previous = refLock[i];
      }
    }
  }

  /** Interrupts are as they were before they were turned off last (release_irq_state). */
  void releaseIrq(int id) {
    int previous = 0;
    for (int i = 0; i < refCount; i++) {
      if (refType[i] != REF_IRQ) {
        continue;
      }
      if (refId[i] == id) {
        remove(i);
        activeIrq = previous;
        return;
      }
      previous = refId[i];
    }
  }

  /** The instruction that acquired a reference, 0 for none. */
  int insnOf(int id) {
    for (int i = 0; i < refCount; i++) {
      if (refId[i] == id) {
        return refInsn[i];
      }
    }
    return 0;
  }

  boolean holds(int id) {
    for (int i = 0; i < refCount; i++) {
      if (refType[i] == REF_PTR && refId[i] == id) {
        return true;
      }
    }
    return false;
  }
}

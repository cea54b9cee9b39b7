package dev.skep.verify;

import org.jspecify.annotations.Nullable;

/**
 * What {@link LiveStack} knows of the slots of one frame at each instruction of a subprogram
 * (struct per_frame_masks), by {@link Flow} position. Pages of instructions that have no marks are
 * absent.
 *
 * <p>It also knows where the solution must be looked at again: an instruction whose own marks and
 * whose successors' solution are those of its last evaluation cannot change.
 */
final class StackMarks {
  static final int MAY_READ = 0;
  static final int MUST_WRITE = 1;
  static final int MUST_WRITE_LATER = 2;
  static final int LIVE = 3;
  private static final int WORDS = 4;

  private static final int PAGE_SHIFT = 5;
  private static final int PAGE = 1 << PAGE_SHIFT;
  private static final int DIRTY = PAGE * WORDS;
  private static final int WRITERS = DIRTY + 1;
  private static final int LATER = DIRTY + 2;
  private static final int PAGE_WORDS = DIRTY + 3;

  private final long[] @Nullable [] pages;

  /** Bounds of the positions that are to be looked at. */
  private int low = Integer.MAX_VALUE;

  private int high = -1;

  StackMarks(int insns) {
    pages = new long[(insns + PAGE - 1) / PAGE][];
  }

  long get(int position, int word) {
    long[] page = pages[position >> PAGE_SHIFT];
    return page == null ? 0 : page[(position & PAGE - 1) * WORDS + word];
  }

  private long[] page(int position) {
    long[] page = pages[position >> PAGE_SHIFT];
    if (page == null) {
      page = new long[PAGE_WORDS];
      pages[position >> PAGE_SHIFT] = page;
    }
    return page;
  }

  private static void flag(long[] page, int flags, int position, boolean set) {
    long bit = 1L << (position & PAGE - 1);
    page[flags] = set ? page[flags] | bit : page[flags] & ~bit;
  }

  /** Changes a mark of an instruction's own. */
  void mark(int position, int word, long slots) {
    long[] page = page(position);
    page[(position & PAGE - 1) * WORDS + word] = slots;
    if (word == MUST_WRITE) {
      flag(page, WRITERS, position, slots != 0);
    }
    touch(position, page);
  }

  /** Changes the solution of an instruction. */
  void solved(int position, long live, long later) {
    long[] page = page(position);
    int at = (position & PAGE - 1) * WORDS;
    page[at + LIVE] = live;
    page[at + MUST_WRITE_LATER] = later;
    flag(page, LATER, position, later != 0);
  }

  /** The instruction is to be evaluated again. */
  void touch(int position) {
    touch(position, page(position));
  }

  private void touch(int position, long[] page) {
    flag(page, DIRTY, position, true);
    low = Math.min(low, position);
    high = Math.max(high, position);
  }

  /** Begins to go through the positions to be evaluated; the first one, or -1. */
  int firstTouched() {
    int from = low;
    low = Integer.MAX_VALUE;
    return from == Integer.MAX_VALUE ? -1 : nextTouched(from);
  }

  /** Takes the next position to be evaluated at or behind one; -1 when there is none. */
  int nextTouched(int from) {
    for (int i = from >> PAGE_SHIFT; i <= high >> PAGE_SHIFT; i++) {
      long[] page = pages[i];
      if (page == null || page[DIRTY] == 0) {
        continue;
      }
      int first = i << PAGE_SHIFT;
      long left = from <= first ? page[DIRTY] : page[DIRTY] & -1L << from - first;
      if (left != 0) {
        int position = first + Long.numberOfTrailingZeros(left);
        flag(page, DIRTY, position, false);
        return position;
      }
    }
    if (low == Integer.MAX_VALUE) {
      high = -1;
    }
    return -1;
  }

  /** Forgets what is written later on; it is found anew from what is written. */
  void forgetLaterWrites() {
    for (int i = 0; i < pages.length; i++) {
      long[] page = pages[i];
      if (page == null) {
        continue;
      }
      for (long left = page[LATER]; left != 0; left &= left - 1) {
        page[Long.numberOfTrailingZeros(left) * WORDS + MUST_WRITE_LATER] = 0;
      }
      page[LATER] = 0;
      for (long left = page[WRITERS]; left != 0; left &= left - 1) {
        touch((i << PAGE_SHIFT) + Long.numberOfTrailingZeros(left), page);
      }
    }
  }
}

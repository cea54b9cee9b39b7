package dev.skep.map;

import dev.skep.errors.Errno;

/**
 * What a program may not be at once: a member of program arrays, and replaced in part by an
 * extension (freplace). Otherwise entry, replaced subprogram and tail call could form an endless
 * loop. The lock is the kernel's ext_mutex.
 */
public final class Membership {
  private int slots;
  private boolean extended;

  /** A slot is about to hold the program: 0, or -EBUSY while it is extended. */
  public synchronized int join() {
    if (extended) {
      return -Errno.EBUSY;
    }
    slots++;
    return 0;
  }

  /** A slot holds it no longer. */
  public synchronized void leave() {
    if (slots == 0) {
      throw new IllegalStateException("left more slots than joined");
    }
    slots--;
  }

  /** An extension is about to be attached: 0, or -EBUSY where a slot holds the program. */
  public synchronized int extend() {
    if (slots > 0) {
      return -Errno.EBUSY;
    }
    extended = true;
    return 0;
  }

  /** The extension is gone. */
  public synchronized void unextend() {
    extended = false;
  }

  /** How many slots of program arrays hold the program. */
  public synchronized int slots() {
    return slots;
  }

  public synchronized boolean extended() {
    return extended;
  }
}

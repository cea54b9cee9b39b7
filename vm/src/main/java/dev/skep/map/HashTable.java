package dev.skep.map;

import dev.skep.machine.HtabLayout;
import dev.skep.machine.SpinWait;
import dev.skep.natives.Memory;
import dev.skep.program.layout.HtabElemLayout;

/**
 * Buckets of chained elements with the kernel's layout and order (kernel/bpf/hashtab.c): a new
 * element comes first in its chain; lookups take no lock; writers lock one bucket.
 *
 * <p>The lock is the bucket's sequence number, odd while a writer is inside, so that Java's readers
 * can tell that what they copied stayed linked the whole time.
 */
final class HashTable {
  private final long buckets;
  private final int mask;
  private final int seed;
  private final int keySize;

  HashTable(int entries, int keySize, int seed) {
    long count = Math.max(1, Long.highestOneBit(Integer.toUnsignedLong(entries) * 2 - 1));
    this.buckets = Memory.allocate(count * HtabLayout.BUCKET_SIZE);
    this.mask = (int) (count - 1);
    this.seed = seed;
    this.keySize = keySize;
  }

  /** Fills the members of struct bpf_htab that compiled lookups read. */
  void writeHeader(long map, long elementSize) {
    Memory.putLong(map + HtabLayout.BUCKETS, buckets);
    Memory.putInt(map + HtabLayout.N_BUCKETS, mask + 1);
    Memory.putInt(map + HtabLayout.ELEM_SIZE, (int) elementSize);
    Memory.putInt(map + HtabLayout.HASHRND, seed);
  }

  int hash(long key) {
    return Jhash.hash(key, keySize, seed);
  }

  /** The bucket of a hash. */
  int bucketOf(int hash) {
    return hash & mask;
  }

  /** The last bucket's number, unsigned. */
  int lastBucket() {
    return mask;
  }

  private long at(int bucket) {
    return buckets + Integer.toUnsignedLong(bucket) * HtabLayout.BUCKET_SIZE;
  }

  private static long endOf(int bucket) {
    return Integer.toUnsignedLong(bucket) * 2 + 1;
  }

  static boolean isEnd(long link) {
    return link == 0 || (link & 1) != 0;
  }

  /** The element with that key, or 0; without a lock (__htab_map_lookup_elem). */
  long find(long key, int hash) {
    int bucket = hash & mask;
    long end = endOf(bucket);
    long head = at(bucket) + HtabLayout.BUCKET_HEAD;
    while (true) {
      long element = Memory.getLongAcquire(head);
      while (!isEnd(element)) {
        if (Memory.getInt(element + HtabElemLayout.HASH) == hash
            && Memory.equal(element + HtabElemLayout.KEY, key, keySize)) {
          return element;
        }
        element = Memory.getLongAcquire(element + HtabLayout.ELEM_NEXT);
      }
      if (element == end || element == 0) {
        return 0;
      }
    }
  }

  /** The first link of a bucket; see {@link #isEnd}. */
  long first(int bucket) {
    return Memory.getLongAcquire(at(bucket) + HtabLayout.BUCKET_HEAD);
  }

  static long next(long element) {
    return Memory.getLongAcquire(element + HtabLayout.ELEM_NEXT);
  }

  /** Waits for the bucket and takes it. */
  void lock(int bucket) {
    long word = at(bucket) + HtabLayout.BUCKET_SEQUENCE;
    for (int tries = 0; ; tries++) {
      int sequence = Memory.getIntAcquire(word);
      if ((sequence & 1) == 0 && Memory.compareAndSetInt(word, sequence, sequence + 1)) {
        return;
      }
      SpinWait.pause(tries);
    }
  }

  void unlock(int bucket) {
    long word = at(bucket) + HtabLayout.BUCKET_SEQUENCE;
    Memory.putIntRelease(word, Memory.getInt(word) + 1);
  }

  /** The sequence number of a bucket; odd while it is locked. */
  int sequence(int bucket) {
    return Memory.getIntAcquire(at(bucket) + HtabLayout.BUCKET_SEQUENCE);
  }

  /** Puts a complete element first in its chain; the bucket is locked. */
  void link(int bucket, long element) {
    long head = at(bucket) + HtabLayout.BUCKET_HEAD;
    long first = Memory.getLong(head);
    Memory.putLong(element + HtabLayout.ELEM_NEXT, first == 0 ? endOf(bucket) : first);
    Memory.putLongRelease(head, element);
  }

  /** Takes an element out of its chain; the bucket is locked. False when it is not in it. */
  boolean unlink(int bucket, long element) {
    long link = at(bucket) + HtabLayout.BUCKET_HEAD;
    long current = Memory.getLong(link);
    while (!isEnd(current)) {
      if (current == element) {
        Memory.putLongRelease(link, Memory.getLong(element + HtabLayout.ELEM_NEXT));
        return true;
      }
      link = current + HtabLayout.ELEM_NEXT;
      current = Memory.getLong(link);
    }
    return false;
  }

  /** Frees the buckets; nobody looks any more. */
  void free() {
    Memory.free(buckets);
  }
}

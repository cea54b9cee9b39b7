package dev.skep.map;

import dev.skep.engine.MapBatch;
import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.program.layout.HtabElemLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Batch lookups in a hash (__htab_map_lookup_and_delete_batch): bucket by bucket, never a part of
 * one. A position is the number of the next bucket.
 */
final class HashBatch {
  private final HashTableMap map;
  private final int wanted;
  private final long flags;
  private final boolean remove;
  private final int keySize;
  private final int valueSize;
  private byte[] keys = {};
  private byte[] values = {};
  private int count;

  private HashBatch(HashTableMap map, int wanted, long flags, boolean remove) {
    this.map = map;
    this.wanted = wanted;
    this.flags = flags;
    this.remove = remove;
    keySize = map.keySize();
    valueSize = map.userValueSize(flags);
  }

  /**
   * Looks up, and removes, whole buckets.
   *
   * @param flags element flags
   * @param scratch off-heap memory for one value in user form
   */
  static MapBatch take(
      HashTableMap map,
      byte @Nullable [] position,
      int wanted,
      long flags,
      boolean remove,
      long scratch) {
    if (wanted == 0) {
      return MapBatch.done(0, 0);
    }
    long first =
        position == null
            ? 0
            : Integer.toUnsignedLong(
                ByteBuffer.wrap(position).order(ByteOrder.LITTLE_ENDIAN).getInt());
    return new HashBatch(map, wanted, flags, remove).take(first, scratch);
  }

  private MapBatch take(long first, long scratch) {
    long buckets = Integer.toUnsignedLong(map.table.lastBucket()) + 1;
    int errno = 0;
    long bucket = first;
    for (; bucket < buckets; bucket++) {
      if (!takeBucket((int) bucket, scratch)) {
        errno = count == 0 ? Errno.ENOSPC : 0;
        break;
      }
    }
    if (bucket >= buckets) {
      errno = Errno.ENOENT;
    }
    byte[] next =
        ByteBuffer.allocate(Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt((int) bucket)
            .array();
    return new MapBatch(
        errno,
        count,
        Arrays.copyOf(keys, count * keySize),
        Arrays.copyOf(values, count * valueSize),
        next);
  }

  /** False when the bucket's elements are too many for what is left. */
  private boolean takeBucket(int bucket, long scratch) {
    if (HashTable.isEnd(map.table.first(bucket))) {
      return true;
    }
    map.table.lock(bucket);
    try {
      int inside = 0;
      for (long e = map.table.first(bucket); !HashTable.isEnd(e); e = HashTable.next(e)) {
        inside++;
      }
      if (inside > wanted - count) {
        return false;
      }
      reserve(count + inside);
      for (long e = map.table.first(bucket); !HashTable.isEnd(e); e = HashTable.next(e)) {
        Memory.copy(e + HtabElemLayout.KEY, keys, count * keySize, keySize);
        map.copyValue(e, scratch, flags);
        Memory.copy(scratch, values, count * valueSize, valueSize);
        count++;
      }
      if (remove) {
        for (long e = map.table.first(bucket); !HashTable.isEnd(e); e = map.table.first(bucket)) {
          map.unlinkLocked(bucket, e);
        }
      }
      return true;
    } finally {
      map.table.unlock(bucket);
    }
  }

  private void reserve(int elements) {
    if (elements * keySize > keys.length) {
      keys = Arrays.copyOf(keys, Math.max(2 * keys.length, elements * keySize));
    }
    if (elements * valueSize > values.length) {
      values = Arrays.copyOf(values, Math.max(2 * values.length, elements * valueSize));
    }
  }
}

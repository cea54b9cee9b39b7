package dev.skep.engine;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Batch commands by single ones, as the kernel's generic_map_lookup_batch and its kin do: a
 * position is the key of the last element.
 */
public final class BatchWalk {
  private BatchWalk() {}

  /** Elements behind {@code position}, which is a key; keys that vanish meanwhile are left out. */
  public static MapBatch lookup(BpfMap map, byte @Nullable [] position, int count, long flags) {
    int keySize = map.spec().keySize();
    int valueSize = map.userValueSize(flags);
    byte[] keys = new byte[0];
    byte[] values = new byte[0];
    byte[] key = position;
    int done = 0;
    while (done < count) {
      byte[] next = map.nextKey(key);
      if (next == null) {
        break;
      }
      byte[] value = map.lookup(next, flags);
      key = next;
      if (value != null) {
        keys = appended(keys, done * keySize, next);
        values = appended(values, done * valueSize, value);
        done++;
      }
    }
    return new MapBatch(
        done < count ? Errno.ENOENT : 0,
        done,
        Arrays.copyOf(keys, done * keySize),
        Arrays.copyOf(values, done * valueSize),
        key);
  }

  private static byte[] appended(byte[] all, int length, byte[] more) {
    byte[] result = all;
    if (length + more.length > all.length) {
      result = Arrays.copyOf(all, Math.max(2 * all.length, length + more.length));
    }
    System.arraycopy(more, 0, result, length, more.length);
    return result;
  }

  /** Updates element by element until one fails. */
  public static MapBatch update(BpfMap map, byte[] keys, byte[] values, long flags) {
    int valueSize = map.userValueSize(flags);
    int count = count(map, keys);
    if (values.length != count * valueSize) {
      throw new IllegalArgumentException(
          values.length + " bytes of values for " + count + " keys, not " + count * valueSize);
    }
    return each(
        map,
        keys,
        (i, key) ->
            map.update(key, Arrays.copyOfRange(values, i * valueSize, (i + 1) * valueSize), flags));
  }

  /** Deletes element by element until one fails. */
  public static MapBatch delete(BpfMap map, byte[] keys, long flags) {
    return each(map, keys, (i, key) -> map.delete(key, flags));
  }

  private interface Step {
    void take(int index, byte[] key);
  }

  private static MapBatch each(BpfMap map, byte[] keys, Step step) {
    int keySize = map.spec().keySize();
    int count = count(map, keys);
    for (int i = 0; i < count; i++) {
      try {
        step.take(i, Arrays.copyOfRange(keys, i * keySize, (i + 1) * keySize));
      } catch (BpfErrnoException failed) {
        return MapBatch.done(failed.errno(), i);
      }
    }
    return MapBatch.done(0, count);
  }

  /** How many keys those bytes are. */
  public static int count(BpfMap map, byte[] keys) {
    int keySize = map.spec().keySize();
    if (keySize == 0 || keys.length % keySize != 0) {
      throw new IllegalArgumentException(keys.length + " bytes of keys of " + keySize + " bytes");
    }
    return keys.length / keySize;
  }
}

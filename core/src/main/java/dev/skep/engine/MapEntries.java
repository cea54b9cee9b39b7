package dev.skep.engine;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * All elements of a map in its own order, fetched by batches; one by one where the map type or the
 * kernel has no batches.
 *
 * <p>Elements that change meanwhile may be seen in either state, and a map without batches that
 * loses the element at which the walk stands starts over (get_next_key), as in the kernel.
 */
public final class MapEntries implements Iterable<MapEntries.Entry> {
  /** One element: its key, and its value in user form ({@link BpfMap#userValueSize} bytes). */
  public record Entry(byte[] key, byte[] value) {}

  /** Bytes of keys and values that one batch shall have at most, if it has several elements. */
  private static final long BATCH_BYTES = 1 << 20;

  private final BpfMap map;
  private final int batch;

  private MapEntries(BpfMap map, int batch) {
    this.map = map;
    this.batch = batch;
  }

  /** The elements of that map, in batches of a good size. */
  public static MapEntries of(BpfMap map) {
    long element = Math.max(1, (long) map.spec().keySize() + map.userValueSize());
    long entries = Math.max(1, Integer.toUnsignedLong(map.spec().maxEntries()));
    return of(map, (int) Math.max(1, Math.min(entries, BATCH_BYTES / element)));
  }

  /** As {@link #of(BpfMap)}, with batches of {@code batch} elements to begin with. */
  public static MapEntries of(BpfMap map, int batch) {
    if (batch < 1) {
      throw new IllegalArgumentException("batches of " + batch + " elements");
    }
    return new MapEntries(map, batch);
  }

  /**
   * A new walk from the first element.
   *
   * @throws BpfErrnoException from it, if the kernel refuses to look
   */
  @Override
  public Iterator<Entry> iterator() {
    return new Walk(map, batch);
  }

  private static final class Walk implements Iterator<Entry> {
    private final BpfMap map;
    private int size;
    private boolean single;
    private @Nullable MapBatch now;
    private int at;

    Walk(BpfMap map, int size) {
      this.map = map;
      this.size = size;
    }

    @Override
    public boolean hasNext() {
      while (now == null || at == now.count()) {
        if (now != null && (now.errno() == Errno.ENOENT || now.next() == null)) {
          return false;
        }
        now = fetch(now == null ? null : now.next());
        at = 0;
      }
      return true;
    }

    private MapBatch fetch(byte @Nullable [] position) {
      while (true) {
        MapBatch batch = single ? walk(position) : ask(position);
        if (batch.errno() == 0 || batch.errno() == Errno.ENOENT) {
          return batch;
        }
        // ENOSPC: a bucket of the hash has more elements than the batch.
        if (batch.errno() != Errno.ENOSPC || size > Integer.MAX_VALUE / 2) {
          throw new BpfErrnoException(
              batch.errno(), "lookup of a batch in map \"" + map.spec().name() + "\"");
        }
        size *= 2;
      }
    }

    private MapBatch ask(byte @Nullable [] position) {
      try {
        return map.lookupBatch(position, size, 0);
      } catch (BpfErrnoException refused) {
        // EINVAL is also the answer of kernels before 5.6, which know no batches.
        boolean none =
            refused.errno() == Errno.ENOTSUPP
                || refused.errno() == Errno.EOPNOTSUPP
                || refused.errno() == Errno.EINVAL;
        if (!none || position != null) {
          throw refused;
        }
        single = true;
        return walk(null);
      }
    }

    private MapBatch walk(byte @Nullable [] position) {
      return BatchWalk.lookup(map, position, size, 0);
    }

    @Override
    public Entry next() {
      if (!hasNext() || now == null) {
        throw new NoSuchElementException();
      }
      int keySize = map.spec().keySize();
      int valueSize = map.userValueSize();
      byte[] key = Arrays.copyOfRange(now.keys(), at * keySize, (at + 1) * keySize);
      byte[] value = Arrays.copyOfRange(now.values(), at * valueSize, (at + 1) * valueSize);
      at++;
      return new Entry(key, value);
    }
  }
}

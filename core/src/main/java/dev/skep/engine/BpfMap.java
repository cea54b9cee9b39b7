package dev.skep.engine;

import dev.skep.errors.UnsupportedException;
import dev.skep.program.MapSpec;
import org.jspecify.annotations.Nullable;

/**
 * A live map, with the element commands of bpf(2). Keys and values are bytes as the kernel takes
 * them: a per-CPU value is possible CPUs times round_up(value_size, 8). Failures are {@link
 * dev.skep.errors.BpfErrnoException}.
 */
public interface BpfMap extends AutoCloseable {
  int ANY = 0;
  int NOEXIST = 1;
  int EXIST = 2;

  MapSpec spec();

  /** The value, or null where the kernel says ENOENT. A map without keys takes an empty one. */
  byte @Nullable [] lookup(byte[] key);

  /** As {@link #lookup(byte[])}, with the element flags of BPF_MAP_LOOKUP_ELEM. */
  default byte @Nullable [] lookup(byte[] key, long flags) {
    if (flags != 0) {
      throw new UnsupportedException("lookup with flags in map \"" + spec().name() + "\"");
    }
    return lookup(key);
  }

  /** BPF_MAP_LOOKUP_AND_DELETE_ELEM: the value that was removed, or null where there was none. */
  default byte @Nullable [] lookupAndDelete(byte[] key, long flags) {
    throw new UnsupportedException("lookup_and_delete in map \"" + spec().name() + "\"");
  }

  void update(byte[] key, byte[] value, long flags);

  void delete(byte[] key);

  /** The key after {@code key}, the first for null; null at the end. */
  byte @Nullable [] nextKey(byte @Nullable [] key);

  /** The size of what {@link #lookup} returns, in bytes. */
  int userValueSize();

  /** BPF_MAP_FREEZE. */
  void freeze();

  @Override
  void close();
}

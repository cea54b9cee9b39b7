package dev.skep.engine;

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

  /** The value, or null where the kernel says ENOENT. */
  byte @Nullable [] lookup(byte[] key);

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

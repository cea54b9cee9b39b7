package dev.skep.engine;

import dev.skep.data.DataMemory;
import dev.skep.errors.BpfErrnoException;
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

  /** BPF_F_CPU: one CPU's value, whose number is in the upper 32 bits of the flags. */
  int CPU = 8;

  /** BPF_F_ALL_CPUS: an update that gives every possible CPU the same value. */
  int ALL_CPUS = 16;

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

  /** As {@link #delete(byte[])}, with the element flags of BPF_MAP_DELETE_ELEM. */
  default void delete(byte[] key, long flags) {
    if (flags != 0) {
      throw new UnsupportedException("delete with flags in map \"" + spec().name() + "\"");
    }
    delete(key);
  }

  /** The key after {@code key}, the first for null; null at the end. */
  byte @Nullable [] nextKey(byte @Nullable [] key);

  /** The size of what {@link #lookup} returns, in bytes. */
  int userValueSize();

  /**
   * The size of a value that goes with element flags, in bytes: with BPF_F_CPU or BPF_F_ALL_CPUS it
   * is one value of the value size, without padding.
   */
  default int userValueSize(long flags) {
    return (flags & (CPU | ALL_CPUS)) != 0 ? spec().valueSize() : userValueSize();
  }

  /**
   * BPF_MAP_LOOKUP_BATCH: up to {@code count} elements from a position on.
   *
   * @param position {@link MapBatch#next} of the batch before, or null for the first
   * @param flags element flags
   * @throws BpfErrnoException if the command is refused as a whole
   */
  default MapBatch lookupBatch(byte @Nullable [] position, int count, long flags) {
    return BatchWalk.lookup(this, position, count, flags);
  }

  /** BPF_MAP_LOOKUP_AND_DELETE_BATCH; as {@link #lookupBatch}. */
  default MapBatch lookupAndDeleteBatch(byte @Nullable [] position, int count, long flags) {
    throw new UnsupportedException("lookup_and_delete_batch in map \"" + spec().name() + "\"");
  }

  /**
   * BPF_MAP_UPDATE_BATCH.
   *
   * @param keys one behind the other
   * @param values as many, in user form
   * @param flags element flags
   * @return how many were done, and why not more
   * @throws BpfErrnoException if the command is refused as a whole
   */
  default MapBatch updateBatch(byte[] keys, byte[] values, long flags) {
    return BatchWalk.update(this, keys, values, flags);
  }

  /** BPF_MAP_DELETE_BATCH; as {@link #updateBatch}. */
  default MapBatch deleteBatch(byte[] keys, long flags) {
    return BatchWalk.delete(this, keys, flags);
  }

  /** What stands for the map as a value in a map of maps: a file descriptor, or the engine's id. */
  int slotValue();

  /**
   * What stands for a program as the value of one of this program array's slots: {@link
   * LoadedProgram#slotValue}, once it is known to be a program of this map's engine.
   *
   * @throws BpfErrnoException with EINVAL for another engine's program
   * @throws IllegalStateException if the program is closed
   */
  int slotValueOf(LoadedProgram program);

  /**
   * The slots of a BPF_MAP_TYPE_PROG_ARRAY, by index and program.
   *
   * @throws IllegalArgumentException if the map is none
   */
  default ProgramArray programArray() {
    return ProgramArray.of(this);
  }

  /**
   * Starts reading a ring buffer. Two readers of one map would take each other's records.
   *
   * @throws UnsupportedException if the map is none, or this engine has no reader
   */
  default RingBuffer ringBuffer() {
    throw new UnsupportedException("ring buffer reader of map \"" + spec().name() + "\"");
  }

  /**
   * Starts writing into a BPF_MAP_TYPE_USER_RINGBUF. Two writers of one map would overwrite each
   * other's records.
   *
   * @throws UnsupportedException if the map is none, or this engine has no writer
   */
  default UserRingBuffer userRingBuffer() {
    throw new UnsupportedException("user ring buffer writer of map \"" + spec().name() + "\"");
  }

  /**
   * Gives each CPU's slot of a perf_event_array a ring of its own and starts reading them.
   *
   * @param bytesPerCpu size of a ring, a power of two and a multiple of the page size
   * @throws UnsupportedException if the map is none, or this engine has no reader
   */
  default PerfBuffer perfBuffer(int bytesPerCpu) {
    throw new UnsupportedException("perf buffer reader of map \"" + spec().name() + "\"");
  }

  /**
   * Maps the values of an array with BPF_F_MMAPABLE into memory.
   *
   * @throws BpfErrnoException as mmap(2) refuses it: EINVAL for arrays without the flag, ENOTSUPP
   *     for other maps, EPERM for writing into a frozen one
   */
  default MappedValues mmap(boolean writable) {
    throw new UnsupportedException("mmap of map \"" + spec().name() + "\"");
  }

  /**
   * The first element's bytes on a CPU, live: what programs write shows, and the other way round.
   * An engine without memory in common with its programs goes through lookups and updates instead.
   *
   * @param cpu the place among the possible CPUs; 0 for a map that has one value
   */
  default DataMemory memory(int cpu) {
    return new ElementMemory(this, cpu);
  }

  /** BPF_MAP_FREEZE. */
  void freeze();

  @Override
  void close();
}

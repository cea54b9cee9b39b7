package dev.skep.map;

import dev.skep.engine.BpfMap;
import dev.skep.errors.Errno;
import dev.skep.machine.AddressSpace;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.layout.BpfArrayLayout;
import java.util.function.LongUnaryOperator;

/** What all maps that are indexed by a u32 share (kernel/bpf/arraymap.c). */
final class ArrayIndex {
  private static final int KEY_SIZE = 4;

  private ArrayIndex() {}

  /** Bytes of a block with that many bytes per element behind struct bpf_array. */
  static long blockSize(MapSpec spec, long stride) {
    return BpfArrayLayout.VALUE + Integer.toUnsignedLong(spec.maxEntries()) * stride;
  }

  /** Fills the members of struct bpf_array. */
  static void writeHeader(long map, long stride, int entries) {
    long mask =
        entries == 1 ? 0 : (Long.highestOneBit(Integer.toUnsignedLong(entries) - 1) << 1) - 1;
    Memory.putInt(map + BpfArrayLayout.ELEM_SIZE, (int) stride);
    Memory.putInt(map + BpfArrayLayout.INDEX_MASK, (int) mask);
  }

  /** The errno of an update of the index at {@code key} of values without a lock, or 0. */
  static int checkUpdate(long key, int entries, long flags) {
    return checkUpdate(key, entries, flags, false);
  }

  /** The errno of an update of the index at {@code key}, or 0. */
  static int checkUpdate(long key, int entries, long flags, boolean locks) {
    if ((flags & ~MapFlags.LOCK) > BpfMap.EXIST || flags < 0) {
      return Errno.EINVAL;
    }
    if (Integer.compareUnsigned(Memory.getInt(key), entries) >= 0) {
      return Errno.E2BIG;
    }
    if ((flags & BpfMap.NOEXIST) != 0) {
      return Errno.EEXIST;
    }
    return (flags & MapFlags.LOCK) != 0 && !locks ? Errno.EINVAL : 0;
  }

  /** array_map_get_next_key. */
  static long copyNext(long key, long out, int entries) {
    int index = key == 0 ? -1 : Memory.getInt(key);
    if (Integer.compareUnsigned(index, entries) >= 0) {
      Memory.putInt(out, 0);
      return 0;
    }
    if (index == entries - 1) {
      return -Errno.ENOENT;
    }
    Memory.putInt(out, index + 1);
    return 0;
  }

  /**
   * bpf_for_each_array_elem over values at {@code valueAt}.
   *
   * @param space where the key is made known, which the callback reads
   */
  static long forEach(
      AddressSpace space, int entries, LongUnaryOperator valueAt, VmMap.ElementCallback callback) {
    long key = Memory.allocate(KEY_SIZE, 8);
    space.add(key, KEY_SIZE);
    try {
      long calls = 0;
      for (long index = 0; index < Integer.toUnsignedLong(entries); index++) {
        calls++;
        Memory.putInt(key, (int) index);
        if (callback.call(key, valueAt.applyAsLong(index)) != 0) {
          break;
        }
      }
      return calls;
    } finally {
      space.remove(key);
      Memory.free(key);
    }
  }
}

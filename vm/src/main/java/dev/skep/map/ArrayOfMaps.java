package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.layout.BpfArrayLayout;
import java.util.Objects;

/**
 * BPF_MAP_TYPE_ARRAY_OF_MAPS: slots hold the addresses of inner maps. A value in user form is an
 * inner map's id, in both directions.
 */
final class ArrayOfMaps extends VmMap {
  private final long slots;
  private final int entries;
  private final InnerMaps inner;

  ArrayOfMaps(Maps maps, MapSpec spec) {
    super(maps, spec, ArrayIndex.blockSize(spec, 8));
    slots = address() + BpfArrayLayout.PTRS;
    entries = spec.maxEntries();
    inner = Objects.requireNonNull(InnerMaps.of(maps, spec));
    ArrayIndex.writeHeader(address(), 8, entries);
  }

  private long slot(long key) {
    int index = Memory.getInt(key);
    return Integer.compareUnsigned(index, entries) < 0
        ? slots + Integer.toUnsignedLong(index) * 8
        : 0;
  }

  @Override
  public long lookupElem(Cpu cpu, long key) {
    long slot = slot(key);
    return slot == 0 ? 0 : Memory.getLongAcquire(slot);
  }

  @Override
  long copyOut(long key, long out, long flags) {
    long slot = slot(key);
    long block = slot == 0 ? 0 : Memory.getLongAcquire(slot);
    if (block == 0) {
      return -Errno.ENOENT;
    }
    Memory.putInt(out, inner.id(block));
    return 0;
  }

  @Override
  long copyIn(long key, long value, long flags) {
    if (flags != ANY) {
      return -Errno.EINVAL;
    }
    long slot = slot(key);
    if (slot == 0) {
      return -Errno.E2BIG;
    }
    long block = inner.acquire(value);
    if (block < 0) {
      return block;
    }
    inner.release(Memory.getAndSetLong(slot, block));
    return 0;
  }

  @Override
  long remove(long key) {
    long slot = slot(key);
    if (slot == 0) {
      return -Errno.E2BIG;
    }
    long old = Memory.getAndSetLong(slot, 0);
    inner.release(old);
    return old == 0 ? -Errno.ENOENT : 0;
  }

  @Override
  long copyNextKey(long key, long out) {
    return ArrayIndex.copyNext(key, out, entries);
  }

  @Override
  void freeContents() {
    for (long i = 0; i < Integer.toUnsignedLong(entries); i++) {
      inner.release(Memory.getLong(slots + i * 8));
    }
  }
}

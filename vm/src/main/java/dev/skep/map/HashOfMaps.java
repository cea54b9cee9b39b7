package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import java.util.Objects;

/**
 * BPF_MAP_TYPE_HASH_OF_MAPS: elements hold the addresses of inner maps. A value in user form is an
 * inner map's id, in both directions. Programs only look up.
 */
final class HashOfMaps extends HashTableMap {
  private final InnerMaps inner;

  HashOfMaps(Maps maps, MapSpec spec) {
    super(maps, spec, Stored.ADDRESS);
    inner = Objects.requireNonNull(InnerMaps.of(maps, spec));
  }

  @Override
  public long lookupElem(Cpu cpu, long key) {
    long element = findElement(key);
    return element == 0 ? 0 : Memory.getLong(element + valueOffset());
  }

  @Override
  long copyIn(long key, long value, long flags) {
    if ((flags & ~(NOEXIST | EXIST)) != 0) {
      return -Errno.EINVAL;
    }
    long block = inner.acquire(value);
    if (block < 0) {
      return block;
    }
    Memory.putLong(value, block);
    long result = super.copyIn(key, value, flags);
    if (result != 0) {
      inner.release(block);
    }
    return result;
  }

  @Override
  void writeValue(long element, long value) {
    Memory.putLong(element + valueOffset(), Memory.getLong(value));
  }

  @Override
  void dropValue(long element) {
    inner.release(Memory.getLong(element + valueOffset()));
  }

  @Override
  void copyValue(long element, long out, long flags) {
    Memory.putInt(out, inner.id(Memory.getLong(element + valueOffset())));
  }

  @Override
  void freeContents() {
    forEachElement(this::dropValue);
    super.freeContents();
  }
}

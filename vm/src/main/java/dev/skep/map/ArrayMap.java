package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.layout.BpfArrayLayout;

/** BPF_MAP_TYPE_ARRAY: all elements exist, side by side behind the header. */
final class ArrayMap extends VmMap {
  private final long values;
  private final long stride;
  private final int entries;

  ArrayMap(Maps maps, MapSpec spec) {
    super(maps, spec, ArrayIndex.blockSize(spec, round8(spec.valueSize())));
    stride = round8(spec.valueSize());
    entries = spec.maxEntries();
    values = address() + BpfArrayLayout.VALUE;
    ArrayIndex.writeHeader(address(), stride, entries);
  }

  @Override
  public long lookupElem(Cpu cpu, long key) {
    return elementAt(key);
  }

  private long elementAt(long key) {
    int index = Memory.getInt(key);
    return Integer.compareUnsigned(index, entries) < 0
        ? values + Integer.toUnsignedLong(index) * stride
        : 0;
  }

  @Override
  public long updateElem(Cpu cpu, long key, long value, long flags) {
    int errno = ArrayIndex.checkUpdate(key, entries, flags, fields.hasLock());
    if (errno != 0) {
      return -errno;
    }
    long element = elementAt(key);
    if (fields.isEmpty()) {
      Memory.copy(value, element, valueSize());
    } else {
      replace(value, element, flags);
    }
    return 0;
  }

  private void replace(long value, long element, long flags) {
    if ((flags & MapFlags.LOCK) != 0) {
      fields.copy(value, element, element);
    } else {
      fields.copy(value, element);
    }
    freeFields(element);
  }

  @Override
  public long deleteElem(Cpu cpu, long key) {
    return -Errno.EINVAL;
  }

  @Override
  public long forEach(Cpu cpu, ElementCallback callback) {
    return ArrayIndex.forEach(
        machine().addressSpace(), entries, index -> values + index * stride, callback);
  }

  @Override
  public long directValue() {
    return values;
  }

  @Override
  long mappableBytes() {
    return (spec().flags() & MapFlags.MMAPABLE) == 0
        ? -Errno.EINVAL
        : Integer.toUnsignedLong(entries) * stride;
  }

  @Override
  long copyOut(long key, long out, long flags) {
    long element = elementAt(key);
    if (element == 0) {
      return -Errno.ENOENT;
    }
    copyForUser(element, out, flags);
    return 0;
  }

  @Override
  long copyIn(long key, long value, long flags) {
    return updateElem(machine().cpus().at(0), key, value, flags);
  }

  @Override
  long remove(long key) {
    return -Errno.EINVAL;
  }

  @Override
  long copyNextKey(long key, long out) {
    return ArrayIndex.copyNext(key, out, entries);
  }

  @Override
  public long keyOf(long value, long scratch) {
    Memory.putInt(scratch, (int) ((value - values) / stride));
    return scratch;
  }

  @Override
  void freeContents() {
    for (long index = 0; !fields.isEmpty() && index < Integer.toUnsignedLong(entries); index++) {
      fields.end(values + index * stride, maps().timers());
    }
  }
}

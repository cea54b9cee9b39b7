package dev.skep.map;

import dev.skep.data.DataMemory;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.layout.BpfArrayLayout;

/**
 * BPF_MAP_TYPE_PERCPU_ARRAY: the block holds the per-CPU offsets of the elements, the values lie in
 * the machine's per-CPU region.
 */
final class PerCpuArrayMap extends VmMap {
  private final long offsets;
  private final long stride;
  private final int entries;
  private final long first;
  private final PerCpuValues values;

  PerCpuArrayMap(Maps maps, MapSpec spec) {
    super(maps, spec, ArrayIndex.blockSize(spec, 8));
    stride = round8(spec.valueSize());
    entries = spec.maxEntries();
    offsets = address() + BpfArrayLayout.PPTRS;
    values = new PerCpuValues(machine(), spec.valueSize());
    ArrayIndex.writeHeader(address(), stride, entries);
    first = machine().perCpu().allocate(Integer.toUnsignedLong(entries) * stride, 8);
    for (long index = 0; index < Integer.toUnsignedLong(entries); index++) {
      Memory.putLong(offsets + index * 8, first + index * stride);
    }
  }

  /** The element's per-CPU offset, or 0. */
  private long offsetAt(long key) {
    int index = Memory.getInt(key);
    return Integer.compareUnsigned(index, entries) < 0
        ? first + Integer.toUnsignedLong(index) * stride
        : 0;
  }

  @Override
  public long lookupElem(Cpu cpu, long key) {
    long offset = offsetAt(key);
    return offset == 0 ? 0 : cpu.perCpuBase() + offset;
  }

  @Override
  public long lookupPerCpuElem(long key, int cpuNumber) {
    long offset = offsetAt(key);
    return offset == 0 ? 0 : values.addressOn(offset, cpuNumber);
  }

  @Override
  public long updateElem(Cpu cpu, long key, long value, long flags) {
    int errno = flags > EXIST || flags < 0 ? Errno.EINVAL : checkUpdate(key, flags);
    if (errno != 0) {
      return -errno;
    }
    Memory.copy(value, cpu.perCpuBase() + offsetAt(key), valueSize());
    return 0;
  }

  private int checkUpdate(long key, long flags) {
    return ArrayIndex.checkUpdate(key, entries, flags & (NOEXIST | EXIST));
  }

  @Override
  public long deleteElem(Cpu cpu, long key) {
    return -Errno.EINVAL;
  }

  @Override
  public long forEach(Cpu cpu, ElementCallback callback) {
    long base = cpu.perCpuBase() + first;
    return ArrayIndex.forEach(
        machine().addressSpace(), entries, index -> base + index * stride, callback);
  }

  @Override
  public long directValue() {
    return first;
  }

  @Override
  public int userValueSize() {
    return values.userSize();
  }

  @Override
  int checkLookupFlags(long flags) {
    return values.checkFlags(flags, MapFlags.CPU);
  }

  @Override
  int checkBatchUpdateFlags(long flags) {
    return values.checkFlags(flags, MapFlags.CPU | MapFlags.ALL_CPUS);
  }

  @Override
  int lookupSize(long flags) {
    return values.size(flags);
  }

  @Override
  int updateSize(long flags) {
    return values.size(flags);
  }

  @Override
  long copyOut(long key, long out, long flags) {
    long offset = offsetAt(key);
    if (offset == 0) {
      return -Errno.ENOENT;
    }
    values.copyOut(offset, out, flags);
    return 0;
  }

  @Override
  long copyIn(long key, long value, long flags) {
    int errno = values.checkFlags(flags, NOEXIST | EXIST | MapFlags.CPU | MapFlags.ALL_CPUS);
    if (errno == 0) {
      errno = checkUpdate(key, flags);
    }
    if (errno != 0) {
      return -errno;
    }
    values.copyIn(offsetAt(key), value, flags);
    return 0;
  }

  @Override
  long fillElement(long key, long value) {
    return copyIn(key, value, MapFlags.ALL_CPUS);
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
  public DataMemory memory(int cpu) {
    if (cpu < 0 || cpu >= machine().cpus().count()) {
      throw new IndexOutOfBoundsException("cpu " + cpu + " in map \"" + spec().name() + "\"");
    }
    int number = machine().cpus().at(cpu).number();
    return memoryAt(machine().perCpu().address(first, number), valueSize());
  }

  @Override
  void freeContents() {
    machine().perCpu().free(first);
  }
}

package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.layout.BpfMapLayout;

/**
 * CGROUP_STORAGE and PERCPU_CGROUP_STORAGE (kernel/bpf/local_storage.c): nothing is attached to a
 * cgroup here, so there are no elements; each test run has a zeroed value of its own.
 */
public final class CgroupStorageMap extends VmMap {
  private final long values;
  private final long stride;

  CgroupStorageMap(Maps maps, MapSpec spec) {
    super(maps, spec, BpfMapLayout.SIZE + 64);
    stride = round8(Integer.toUnsignedLong(spec.valueSize())) + 63 & -64L;
    long bytes = stride * machine().cpus().count();
    values = Memory.allocate(bytes);
    machine().addressSpace().add(values, bytes);
  }

  /** get_local_storage: the value of the run on that CPU. */
  public long value(Cpu cpu) {
    return values + cpu.index() * stride;
  }

  /** Zeroes the value before a test run. */
  public void reset(Cpu cpu) {
    Memory.fill(value(cpu), stride, (byte) 0);
  }

  @Override
  public int userValueSize() {
    return spec().type() == MapType.PERCPU_CGROUP_STORAGE
        ? (int) round8(valueSize()) * machine().cpus().count()
        : valueSize();
  }

  @Override
  long copyOut(long key, long out, long flags) {
    return -Errno.ENOENT;
  }

  @Override
  long copyIn(long key, long value, long flags) {
    return flags == EXIST ? -Errno.ENOENT : -Errno.EINVAL;
  }

  @Override
  long remove(long key) {
    return -Errno.EINVAL;
  }

  @Override
  long copyNextKey(long key, long out) {
    return -Errno.ENOENT;
  }

  @Override
  void freeContents() {
    machine().addressSpace().remove(values);
    Memory.free(values);
  }
}

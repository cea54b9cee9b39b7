package dev.skep.map;

import dev.skep.engine.BpfMap;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpus;
import dev.skep.machine.Machine;
import dev.skep.natives.Memory;
import dev.skep.natives.PerCpuRegion;

/**
 * The user form of per-CPU values: one slot of round_up(value_size, 8) bytes for each possible CPU;
 * or, with BPF_F_CPU or BPF_F_ALL_CPUS, a single value.
 *
 * <p>Lookups fill the slots in the order of the possible CPUs, while updates take slot c for CPU c,
 * as the kernel does: it is the same where CPU numbers have no holes. Where they have, the kernel
 * reads behind the buffer for the last CPUs; here these keep what they have.
 */
final class PerCpuValues {
  private final Cpus cpus;
  private final PerCpuRegion region;
  private final int valueSize;
  private final int stride;

  PerCpuValues(Machine machine, int valueSize) {
    this.cpus = machine.cpus();
    this.region = machine.perCpu();
    this.valueSize = valueSize;
    this.stride = (int) VmMap.round8(valueSize);
  }

  int userSize() {
    return stride * cpus.count();
  }

  /** The bytes that a command with these flags takes or gives. */
  int size(long flags) {
    return (flags & (MapFlags.CPU | MapFlags.ALL_CPUS)) != 0 ? valueSize : userSize();
  }

  /** The errno of a command with these flags, or 0 (the order of the checks is the kernel's). */
  int checkFlags(long flags, int allowed) {
    if (((int) flags & ~allowed) != 0
        || ((int) flags & (BpfMap.NOEXIST | BpfMap.EXIST)) == (BpfMap.NOEXIST | BpfMap.EXIST)) {
      return Errno.EINVAL;
    }
    boolean one = (flags & MapFlags.CPU) != 0;
    if (!one) {
      return flags >>> 32 != 0 ? Errno.EINVAL : 0;
    }
    if ((flags & MapFlags.ALL_CPUS) != 0) {
      return Errno.EINVAL;
    }
    return cpus.indexOf((int) (flags >>> 32)) < 0 ? Errno.ERANGE : 0;
  }

  /** The address of one CPU's value, or 0 when there is no such CPU. */
  long addressOn(long offset, int cpuNumber) {
    return cpus.indexOf(cpuNumber) < 0 ? 0 : region.address(offset, cpuNumber);
  }

  /**
   * Copies the value at a per-CPU offset to its user form, the padding of slots as Linux 6.18 does.
   */
  void copyOut(long offset, long out, long flags) {
    if ((flags & MapFlags.CPU) != 0) {
      Memory.copy(region.address(offset, (int) (flags >>> 32)), out, valueSize);
      return;
    }
    for (int i = 0; i < cpus.count(); i++) {
      Memory.copy(region.address(offset, cpus.at(i).number()), out + (long) i * stride, stride);
    }
  }

  /** Copies a value in user form to a per-CPU offset, the padding of slots too. */
  void copyIn(long offset, long value, long flags) {
    if ((flags & MapFlags.CPU) != 0) {
      Memory.copy(value, region.address(offset, (int) (flags >>> 32)), valueSize);
      return;
    }
    boolean same = (flags & MapFlags.ALL_CPUS) != 0;
    for (int i = 0; i < cpus.count(); i++) {
      int number = cpus.at(i).number();
      if (same || number < cpus.count()) {
        long from = same ? value : value + (long) number * stride;
        Memory.copy(from, region.address(offset, number), same ? valueSize : stride);
      }
    }
  }

  /** Zeroes the value at a per-CPU offset on all CPUs but one. */
  void clearOthers(long offset, int cpuNumber) {
    for (int i = 0; i < cpus.count(); i++) {
      if (cpus.at(i).number() != cpuNumber) {
        Memory.fill(region.address(offset, cpus.at(i).number()), stride, (byte) 0);
      }
    }
  }
}

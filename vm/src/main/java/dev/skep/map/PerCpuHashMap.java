package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;

/**
 * BPF_MAP_TYPE_PERCPU_HASH and LRU_PERCPU_HASH: the elements hold per-CPU offsets, and values are
 * updated in place.
 */
final class PerCpuHashMap extends HashTableMap {
  private static final int ALL = -1;

  private final PerCpuValues values;

  PerCpuHashMap(Maps maps, MapSpec spec) {
    super(maps, spec, Stored.PERCPU_OFFSET);
    values = new PerCpuValues(machine(), spec.valueSize());
  }

  private long offsetOf(long element) {
    return Memory.getLong(element + valueOffset());
  }

  @Override
  long valueOf(Cpu cpu, long element) {
    return cpu.perCpuBase() + offsetOf(element);
  }

  @Override
  public long lookupElem(Cpu cpu, long key) {
    long element = table.find(key, table.hash(key));
    if (element == 0) {
      return 0;
    }
    touch(element);
    return valueOf(cpu, element);
  }

  @Override
  public long lookupPerCpuElem(long key, int cpuNumber) {
    if (machine().cpus().indexOf(cpuNumber) < 0) {
      return 0;
    }
    long element = table.find(key, table.hash(key));
    if (element == 0) {
      return 0;
    }
    touch(element);
    return values.addressOn(offsetOf(element), cpuNumber);
  }

  @Override
  public long updateElem(Cpu cpu, long key, long value, long flags) {
    if (flags < 0 || flags > EXIST) {
      return -Errno.EINVAL;
    }
    return update(cpu.index(), cpu.number(), key, value, flags);
  }

  /** Updates the value on one CPU, or on {@link #ALL} from its user form. */
  private long update(int stripe, int cpuNumber, long key, long value, long flags) {
    int hash = table.hash(key);
    int bucket = table.bucketOf(hash);
    while (true) {
      table.lock(bucket);
      try {
        long element = table.find(key, hash);
        int errno = checkPresence(element, flags);
        if (errno != 0) {
          return -errno;
        }
        boolean isNew = element == 0;
        if (isNew) {
          element = pool.take(stripe);
        }
        if (element != 0) {
          store(element, cpuNumber, value, flags, isNew);
          if (isNew) {
            write(element, hash, key);
            table.link(bucket, element);
            countNew();
          }
          return 0;
        }
      } finally {
        table.unlock(bucket);
      }
      if (!isLru()) {
        return -Errno.E2BIG;
      }
      evict();
    }
  }

  private void store(long element, int cpuNumber, long value, long flags, boolean isNew) {
    long offset = offsetOf(element);
    if (cpuNumber == ALL) {
      if (isNew && (flags & MapFlags.CPU) != 0) {
        values.clearOthers(offset, (int) (flags >>> 32));
      }
      values.copyIn(offset, value, flags);
      return;
    }
    if (isNew) {
      values.clearOthers(offset, cpuNumber);
    }
    Memory.copy(value, machine().perCpu().address(offset, cpuNumber), valueSize());
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
  void copyValue(long element, long out, long flags) {
    values.copyOut(offsetOf(element), out, flags);
  }

  @Override
  long copyIn(long key, long value, long flags) {
    int errno = values.checkFlags(flags, NOEXIST | EXIST | MapFlags.CPU | MapFlags.ALL_CPUS);
    return errno != 0 ? -errno : update(0, ALL, key, value, flags);
  }
}

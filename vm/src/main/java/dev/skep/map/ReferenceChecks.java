package dev.skep.map;

import static dev.skep.map.MapFlags.ACCESS;
import static dev.skep.map.MapFlags.CLONE;
import static dev.skep.map.MapFlags.MMAPABLE;
import static dev.skep.map.MapFlags.NO_PREALLOC;
import static dev.skep.map.MapFlags.NO_USER_CONV;
import static dev.skep.map.MapFlags.NUMA_NODE;
import static dev.skep.map.MapFlags.RDONLY;
import static dev.skep.map.MapFlags.SEGV_ON_FAULT;
import static dev.skep.map.MapFlags.STACK_BUILD_ID;
import static dev.skep.map.MapFlags.WRONLY;

import dev.skep.errors.Errno;
import dev.skep.machine.Machine;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;

/** As {@link MapChecks}, for maps whose elements refer to objects of the kernel. */
final class ReferenceChecks {
  private static final int RIGHTS = RDONLY | WRONLY;
  private static final int MAX_SOCKHASH_KEY = 512;

  /** sysctl kernel.perf_event_max_stack, and the size of a frame without and with build id. */
  private static final int MAX_STACK = 127;

  private static final int FRAME = 8;
  private static final int BUILD_ID_FRAME = 32;

  /** Pages of 4 GiB. */
  private static final int MAX_ARENA = 1 << 20;

  /** What an element of a local storage leaves of the largest block. */
  private static final int MAX_STORAGE = 65536 - 96;

  private ReferenceChecks() {}

  /** 0, or the errno that the kernel gives. */
  static int check(MapSpec spec) {
    return switch (spec.type()) {
      case DEVMAP, DEVMAP_HASH, SOCKMAP -> indexed(spec, true, RIGHTS | NUMA_NODE);
      case REUSEPORT_SOCKARRAY -> indexed(spec, true, ACCESS | NUMA_NODE | MMAPABLE);
      case XSKMAP -> indexed(spec, false, RIGHTS | NUMA_NODE);
      case CPUMAP -> {
        int errno = indexed(spec, true, NUMA_NODE);
        yield errno == 0 && Integer.compareUnsigned(spec.maxEntries(), Machine.MAX_CPUS) > 0
            ? Errno.E2BIG
            : errno;
      }
      case SOCKHASH -> sockhash(spec);
      case STACK_TRACE -> stackTrace(spec);
      case ARENA -> arena(spec);
      case CGROUP_STORAGE, PERCPU_CGROUP_STORAGE -> cgroupStorage(spec);
      default -> localStorage(spec);
    };
  }

  private static int indexed(MapSpec spec, boolean longValues, int allowed) {
    return spec.keySize() != 4 ? Errno.EINVAL : valued(spec, longValues, allowed);
  }

  private static int valued(MapSpec spec, boolean longValues, int allowed) {
    boolean size = spec.valueSize() == 4 || longValues && spec.valueSize() == 8;
    return !size || spec.maxEntries() == 0 || (spec.flags() & ~allowed) != 0 ? Errno.EINVAL : 0;
  }

  private static int sockhash(MapSpec spec) {
    int errno = spec.keySize() == 0 ? Errno.EINVAL : valued(spec, true, RIGHTS | NUMA_NODE);
    return errno == 0 && Integer.compareUnsigned(spec.keySize(), MAX_SOCKHASH_KEY) > 0
        ? Errno.E2BIG
        : errno;
  }

  private static int stackTrace(MapSpec spec) {
    int frame = (spec.flags() & STACK_BUILD_ID) != 0 ? BUILD_ID_FRAME : FRAME;
    return spec.maxEntries() == 0
            || spec.keySize() != 4
            || spec.valueSize() < frame
            || spec.valueSize() % frame != 0
            || spec.valueSize() / frame > MAX_STACK
            || (spec.flags() & ~(RIGHTS | NUMA_NODE | STACK_BUILD_ID)) != 0
        ? Errno.EINVAL
        : 0;
  }

  private static int arena(MapSpec spec) {
    if (spec.keySize() != 0
        || spec.valueSize() != 0
        || spec.maxEntries() == 0
        || (spec.flags() & MMAPABLE) == 0
        || (spec.flags() & ~(SEGV_ON_FAULT | MMAPABLE | NO_USER_CONV)) != 0
        || (spec.extra() & 4095) != 0) {
      return Errno.EINVAL;
    }
    return Integer.compareUnsigned(spec.maxEntries(), MAX_ARENA) > 0 ? Errno.E2BIG : 0;
  }

  private static int cgroupStorage(MapSpec spec) {
    return spec.keySize() != 8 && spec.keySize() != 16
            || spec.valueSize() == 0
            || (spec.flags() & ~(RIGHTS | NUMA_NODE)) != 0
            || spec.maxEntries() != 0
        ? Errno.EINVAL
        : 0;
  }

  private static int localStorage(MapSpec spec) {
    int allowed = NO_PREALLOC | (spec.type() == MapType.SK_STORAGE ? CLONE : 0);
    if ((spec.flags() & NO_PREALLOC) == 0
        || (spec.flags() & ~allowed) != 0
        || spec.maxEntries() != 0
        || spec.keySize() != 4
        || spec.valueSize() == 0
        || spec.keyTypeId() == 0
        || spec.valueTypeId() == 0) {
      return Errno.EINVAL;
    }
    return Integer.compareUnsigned(spec.valueSize(), MAX_STORAGE) > 0 ? Errno.E2BIG : 0;
  }
}

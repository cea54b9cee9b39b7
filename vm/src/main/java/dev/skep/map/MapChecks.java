package dev.skep.map;

import static dev.skep.map.MapFlags.ACCESS;
import static dev.skep.map.MapFlags.INNER_MAP;
import static dev.skep.map.MapFlags.MMAPABLE;
import static dev.skep.map.MapFlags.NO_COMMON_LRU;
import static dev.skep.map.MapFlags.NO_PREALLOC;
import static dev.skep.map.MapFlags.NUMA_NODE;
import static dev.skep.map.MapFlags.PRESERVE_ELEMS;
import static dev.skep.map.MapFlags.PROG_ACCESS;
import static dev.skep.map.MapFlags.RDONLY;
import static dev.skep.map.MapFlags.RDONLY_PROG;
import static dev.skep.map.MapFlags.WRONLY;
import static dev.skep.map.MapFlags.WRONLY_PROG;
import static dev.skep.map.MapFlags.ZERO_SEED;

import dev.skep.errors.Errno;
import dev.skep.program.MapSpec;

/** What BPF_MAP_CREATE asks of the attributes, per type (the map_alloc_check operations). */
final class MapChecks {
  /** KMALLOC_MAX_SIZE with 4 KiB pages. */
  private static final long KMALLOC_MAX = 4L << 20;

  private static final int PERCPU_MAX = 32768;
  private static final int ELEM_HEADER = 48;
  private static final int PAGE = 4096;
  private static final int LPM_NODE = 40;

  private MapChecks() {}

  /** 0, or the errno that the kernel gives. */
  static int check(MapSpec spec) {
    int flags = spec.flags();
    if ((flags & (RDONLY | WRONLY)) == (RDONLY | WRONLY)
        || (flags & PROG_ACCESS) == (RDONLY_PROG | WRONLY_PROG)) {
      return Errno.EINVAL;
    }
    return switch (spec.type()) {
      case HASH, PERCPU_HASH, LRU_HASH, LRU_PERCPU_HASH -> hash(spec);
      case HASH_OF_MAPS -> hashOfMaps(spec);
      case ARRAY, PERCPU_ARRAY -> array(spec);
      case PROG_ARRAY, PERF_EVENT_ARRAY, CGROUP_ARRAY -> fdArray(spec);
      case DEVMAP,
          DEVMAP_HASH,
          XSKMAP,
          CPUMAP,
          SOCKMAP,
          SOCKHASH,
          REUSEPORT_SOCKARRAY,
          STACK_TRACE,
          ARENA,
          SK_STORAGE,
          TASK_STORAGE,
          INODE_STORAGE,
          CGRP_STORAGE,
          CGROUP_STORAGE,
          PERCPU_CGROUP_STORAGE ->
          ReferenceChecks.check(spec);
      case ARRAY_OF_MAPS -> arrayOfMaps(spec);
      case LPM_TRIE -> trie(spec);
      case QUEUE, STACK -> keyless(spec, NUMA_NODE | ACCESS);
      case BLOOM_FILTER ->
          Long.compareUnsigned(spec.extra(), 15) > 0
              ? Errno.EINVAL
              : keyless(spec, NUMA_NODE | ZERO_SEED | ACCESS);
      case RINGBUF, USER_RINGBUF -> ring(spec);
      default -> 0;
    };
  }

  private static int hash(MapSpec spec) {
    int flags = spec.flags();
    boolean lru =
        switch (spec.type()) {
          case LRU_HASH, LRU_PERCPU_HASH -> true;
          default -> false;
        };
    boolean percpu =
        switch (spec.type()) {
          case PERCPU_HASH, LRU_PERCPU_HASH -> true;
          default -> false;
        };
    int allowed = NO_PREALLOC | NO_COMMON_LRU | NUMA_NODE | ACCESS | ZERO_SEED;
    if ((flags & ~allowed) != 0 || !lru && (flags & NO_COMMON_LRU) != 0) {
      return Errno.EINVAL;
    }
    if (lru && (flags & NO_PREALLOC) != 0) {
      return Errno.ENOTSUPP;
    }
    if (percpu && (flags & NUMA_NODE) != 0
        || spec.maxEntries() == 0
        || spec.keySize() == 0
        || spec.valueSize() == 0) {
      return Errno.EINVAL;
    }
    long key = Integer.toUnsignedLong(spec.keySize());
    long value = Integer.toUnsignedLong(spec.valueSize());
    if (key + value >= KMALLOC_MAX - ELEM_HEADER
        || percpu && round8(value) > PERCPU_MAX
        || Integer.toUnsignedLong(spec.maxEntries()) > 1L << 31) {
      return Errno.E2BIG;
    }
    return 0;
  }

  private static int array(MapSpec spec) {
    boolean percpu = spec.type() == dev.skep.program.MapType.PERCPU_ARRAY;
    int allowed = percpu ? ACCESS : NUMA_NODE | ACCESS | MMAPABLE | INNER_MAP;
    if (spec.maxEntries() == 0
        || spec.keySize() != 4
        || spec.valueSize() == 0
        || (spec.flags() & ~allowed) != 0) {
      return Errno.EINVAL;
    }
    if (spec.valueSize() < 0 || percpu && round8(spec.valueSize()) > PERCPU_MAX) {
      return Errno.E2BIG;
    }
    return 0;
  }

  private static int fdArray(MapSpec spec) {
    int allowed = NUMA_NODE | RDONLY | WRONLY;
    if (spec.type() == dev.skep.program.MapType.PERF_EVENT_ARRAY) {
      allowed |= PRESERVE_ELEMS;
    }
    return spec.maxEntries() == 0
            || spec.keySize() != 4
            || spec.valueSize() != 4
            || (spec.flags() & ~allowed) != 0
        ? Errno.EINVAL
        : 0;
  }

  private static int arrayOfMaps(MapSpec spec) {
    return spec.maxEntries() == 0
            || spec.keySize() != 4
            || spec.valueSize() != 4
            || (spec.flags() & ~(NUMA_NODE | ACCESS)) != 0
        ? Errno.EINVAL
        : template(spec);
  }

  private static int hashOfMaps(MapSpec spec) {
    int errno = spec.valueSize() != 4 ? Errno.EINVAL : hash(spec);
    return errno != 0 ? errno : template(spec);
  }

  private static int template(MapSpec spec) {
    MapSpec inner = spec.inner();
    return inner == null ? Errno.EINVAL : InnerMaps.checkTemplate(inner);
  }

  private static int trie(MapSpec spec) {
    int flags = spec.flags();
    return spec.maxEntries() == 0
            || (flags & NO_PREALLOC) == 0
            || (flags & ~(NO_PREALLOC | NUMA_NODE | ACCESS)) != 0
            || spec.keySize() < 5
            || spec.keySize() > 260
            || Integer.compareUnsigned(spec.valueSize(), 1) < 0
            || Integer.toUnsignedLong(spec.valueSize()) > KMALLOC_MAX - 256 - LPM_NODE
        ? Errno.EINVAL
        : 0;
  }

  private static int keyless(MapSpec spec, int allowed) {
    if (spec.maxEntries() == 0
        || spec.keySize() != 0
        || spec.valueSize() == 0
        || (spec.flags() & ~allowed) != 0) {
      return Errno.EINVAL;
    }
    return Integer.toUnsignedLong(spec.valueSize()) > KMALLOC_MAX ? Errno.E2BIG : 0;
  }

  private static int ring(MapSpec spec) {
    int size = spec.maxEntries();
    return spec.keySize() != 0
            || spec.valueSize() != 0
            || (spec.flags() & ~NUMA_NODE) != 0
            || Integer.bitCount(size) != 1
            || Integer.compareUnsigned(size, PAGE) < 0
        ? Errno.EINVAL
        : 0;
  }

  static long round8(long size) {
    return size + 7 & -8L;
  }
}

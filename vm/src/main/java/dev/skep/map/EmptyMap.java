package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.layout.XskMapLayout;

/**
 * Maps whose elements are things that the JVM has none of: sockets, cgroups, traces of kernel
 * stacks. They are always empty; commands give what the kernel gives for an empty map and for
 * values that name nothing.
 */
final class EmptyMap extends VmMap {
  private final MapType type;
  private final int entries;

  EmptyMap(Maps maps, MapSpec spec) {
    // Programs read the slots of an xskmap themselves.
    super(
        maps,
        spec,
        XskMapLayout.XSK_MAP
            + (spec.type() == MapType.XSKMAP
                ? Integer.toUnsignedLong(spec.maxEntries()) * Long.BYTES
                : 128));
    type = spec.type();
    entries = spec.maxEntries();
  }

  private boolean isIndex(long key) {
    return Integer.compareUnsigned(Memory.getInt(key), entries) < 0;
  }

  @Override
  public long redirect(int index, long flags) {
    return RedirectTarget.verdict(false, flags, 0);
  }

  @Override
  public long updateElem(Cpu cpu, long key, long value, long flags) {
    return -Errno.EOPNOTSUPP;
  }

  @Override
  public long deleteElem(Cpu cpu, long key) {
    return remove(key);
  }

  @Override
  long copyOut(long key, long out, long flags) {
    return switch (type) {
      case XSKMAP -> -Errno.EOPNOTSUPP;
      case SOCKMAP, SOCKHASH, REUSEPORT_SOCKARRAY ->
          valueSize() == Long.BYTES ? -Errno.ENOENT : -Errno.ENOSPC;
      case STACK_TRACE -> -Errno.ENOENT;
      case ARENA -> -Errno.EINVAL;
      default -> -Errno.ENOTSUPP;
    };
  }

  @Override
  long copyOutAndRemove(long key, long out, long flags) {
    return type == MapType.STACK_TRACE ? -Errno.ENOENT : -Errno.ENOTSUPP;
  }

  @Override
  long copyIn(long key, long value, long flags) {
    return switch (type) {
      case XSKMAP, REUSEPORT_SOCKARRAY -> {
        if (flags < 0 || flags > EXIST) {
          yield -Errno.EINVAL;
        }
        yield isIndex(key) ? socket(value) : -Errno.E2BIG;
      }
      case SOCKMAP, SOCKHASH -> socket(value);
      case CGROUP_ARRAY -> {
        if (flags != ANY) {
          yield -Errno.EINVAL;
        }
        yield isIndex(key) ? -Errno.EBADF : -Errno.E2BIG;
      }
      case STACK_TRACE -> -Errno.EINVAL;
      case ARENA -> -Errno.EOPNOTSUPP;
      default -> -Errno.ENOTSUPP;
    };
  }

  /** The errno for a value that should be a socket's descriptor. */
  private long socket(long value) {
    boolean number = valueSize() != Long.BYTES || Memory.getLong(value) >>> 31 == 0;
    return number ? -Errno.ENOTSOCK : -Errno.EINVAL;
  }

  @Override
  long remove(long key) {
    return switch (type) {
      case XSKMAP -> isIndex(key) ? 0 : -Errno.EINVAL;
      case SOCKMAP -> -Errno.EINVAL;
      case SOCKHASH -> -Errno.ENOENT;
      case REUSEPORT_SOCKARRAY, CGROUP_ARRAY -> isIndex(key) ? -Errno.ENOENT : -Errno.E2BIG;
      case STACK_TRACE -> Memory.getInt(key) >= 0 && isBucket(key) ? -Errno.ENOENT : -Errno.E2BIG;
      case ARENA -> -Errno.EOPNOTSUPP;
      default -> -Errno.ENOTSUPP;
    };
  }

  /** Stack traces have a power of two of buckets. */
  private boolean isBucket(long key) {
    return Memory.getInt(key) < Long.highestOneBit(Integer.toUnsignedLong(entries) * 2 - 1);
  }

  @Override
  long copyNextKey(long key, long out) {
    return switch (type) {
      case XSKMAP, SOCKMAP, REUSEPORT_SOCKARRAY, CGROUP_ARRAY ->
          ArrayIndex.copyNext(key, out, entries);
      case SOCKHASH, STACK_TRACE -> -Errno.ENOENT;
      case ARENA -> -Errno.EOPNOTSUPP;
      default -> -Errno.ENOTSUPP;
    };
  }
}

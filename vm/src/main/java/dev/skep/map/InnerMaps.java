package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import org.jspecify.annotations.Nullable;

/** What arrays of maps and hashes of maps share (kernel/bpf/map_in_map.c). */
final class InnerMaps {
  private static final int HANDLE_FLAGS = MapFlags.RDONLY | MapFlags.WRONLY;

  private final Maps maps;
  private final MapSpec template;

  InnerMaps(Maps maps, MapSpec template) {
    this.maps = maps;
    this.template = template;
  }

  /** The errno of a template, or 0. */
  static int checkTemplate(MapSpec template) {
    return switch (template.type()) {
      case PROG_ARRAY, CGROUP_STORAGE, PERCPU_CGROUP_STORAGE, STRUCT_OPS -> Errno.ENOTSUPP;
      case ARRAY_OF_MAPS, HASH_OF_MAPS -> Errno.EINVAL;
      default -> MapChecks.check(template);
    };
  }

  /**
   * The block of the map whose id is at {@code value}, with a reference for the slot; or a negative
   * errno.
   */
  long acquire(long value) {
    VmMap inner = maps.byId(Memory.getInt(value));
    if (inner == null) {
      return -Errno.EBADF;
    }
    if (!fits(inner.spec())) {
      return -Errno.EINVAL;
    }
    return inner.retain() ? inner.address() : -Errno.EBADF;
  }

  /** Drops a slot's reference; runs that hold the pointer go on until their grace period. */
  void release(long block) {
    if (block != 0) {
      maps.at(block).release();
    }
  }

  int id(long block) {
    return maps.at(block).id();
  }

  private boolean fits(MapSpec inner) {
    boolean sameSize =
        inner.type() != MapType.ARRAY
            || (template.flags() & MapFlags.INNER_MAP) != 0
            || inner.maxEntries() == template.maxEntries();
    return inner.type() == template.type()
        && inner.keySize() == template.keySize()
        && inner.valueSize() == template.valueSize()
        && (inner.flags() & ~HANDLE_FLAGS) == (template.flags() & ~HANDLE_FLAGS)
        && sameSize;
  }

  static @Nullable InnerMaps of(Maps maps, MapSpec outer) {
    MapSpec inner = outer.inner();
    return inner == null ? null : new InnerMaps(maps, inner);
  }
}

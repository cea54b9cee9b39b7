package dev.skep.linux;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.Mapping;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The pages of an arena in this process, at the address that its programs see. Until they are
 * mapped once, an arena without an address of its own has none, and no program may use it; so they
 * are mapped as long as the map is open, as libbpf does.
 */
final class ArenaPages implements AutoCloseable {
  private final Mapping mapping;

  private ArenaPages(Mapping mapping) {
    this.mapping = mapping;
  }

  /**
   * Maps the arena and writes its first bytes.
   *
   * @return null where its address is taken by another mapping: it needs none to be used by
   *     programs
   * @throws BpfErrnoException with EEXIST where it has bytes to write
   */
  static @Nullable ArenaPages of(KernelMap map, byte @Nullable [] initial) {
    MapSpec spec = map.spec();
    long bytes = Integer.toUnsignedLong(spec.maxEntries()) * Memory.pageSize();
    Mapping mapping;
    try {
      mapping =
          Mapping.at(
              map.bpf().syscalls(), map.fd(), spec.extra(), bytes, 0, true, map.what("mmap of"));
    } catch (BpfErrnoException taken) {
      if (taken.errno() == Errno.EEXIST && initial == null) {
        return null;
      }
      throw taken;
    }
    if (initial != null) {
      MemorySegment target = mapping.segment(0, bytes);
      MemorySegment.copy(MemorySegment.ofArray(initial), 0, target, 0, initial.length);
    }
    return new ArenaPages(mapping);
  }

  Mapping mapping() {
    return mapping;
  }

  @Override
  public void close() {
    mapping.close();
  }
}

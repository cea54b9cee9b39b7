package dev.skep.linux;

import dev.skep.engine.MappedValues;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Mapping;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The values of an array with BPF_F_MMAPABLE, or the pages of an arena, in this process. */
public final class MappedArray implements MappedValues {
  private final KernelMap map;
  private final Mapping mapping;
  private final long bytes;

  /** Whether the mapping ends with this; an arena is mapped once, by its map. */
  private final boolean owned;

  private final boolean writable;

  private MappedArray(KernelMap map, Mapping mapping, long bytes, boolean owned, boolean writable) {
    this.map = map;
    this.mapping = mapping;
    this.bytes = bytes;
    this.owned = owned;
    this.writable = writable;
  }

  static MappedArray of(KernelMap map, boolean writable) {
    MapSpec spec = map.spec();
    String what = map.what(writable ? "writable mmap of" : "mmap of");
    long entries = Integer.toUnsignedLong(spec.maxEntries());
    long stride = spec.type() == MapType.ARENA ? Memory.pageSize() : (spec.valueSize() + 7L) & ~7L;
    long bytes = entries * stride;
    ArenaPages pages = map.pages();
    if (pages != null) {
      return new MappedArray(map, pages.mapping(), bytes, false, writable);
    }
    Mapping mapping = Mapping.of(map.bpf().syscalls(), map.fd(), bytes, 0, writable, what);
    return new MappedArray(map, mapping, bytes, true, writable);
  }

  /**
   * The live bytes, of any size; read-only if the mapping is. Uses after {@link #close} throw
   * {@link IllegalStateException}.
   */
  public MemorySegment segment() {
    MemorySegment segment = mapping.segment(0, bytes);
    return writable ? segment : segment.asReadOnly();
  }

  @Override
  public ByteBuffer bytes() {
    if (bytes > Integer.MAX_VALUE) {
      throw new UnsupportedException(
          "byte buffer of " + bytes + " bytes of " + map.what("").strip() + ": use segment()");
    }
    return segment().asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() {
    if (owned) {
      mapping.close();
    }
    map.ended(this);
  }
}

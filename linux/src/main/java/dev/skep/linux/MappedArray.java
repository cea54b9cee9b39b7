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
import org.jspecify.annotations.Nullable;

/** The values of an array with BPF_F_MMAPABLE, or the pages of an arena, in this process. */
public final class MappedArray implements MappedValues {
  private final KernelMap map;
  private final MemorySegment segment;
  private final long bytes;

  /** What ends with this, null for an arena, which is mapped once and by its map. */
  private final @Nullable Mapping mapping;

  private MappedArray(
      KernelMap map, MemorySegment segment, long bytes, @Nullable Mapping mapping) {
    this.map = map;
    this.segment = segment;
    this.bytes = bytes;
    this.mapping = mapping;
  }

  static MappedArray of(KernelMap map, boolean writable) {
    MapSpec spec = map.spec();
    String what = map.what(writable ? "writable mmap of" : "mmap of");
    long entries = Integer.toUnsignedLong(spec.maxEntries());
    long stride = spec.type() == MapType.ARENA ? Memory.pageSize() : (spec.valueSize() + 7L) & ~7L;
    long bytes = entries * stride;
    ArenaPages pages = map.pages();
    if (pages != null) {
      MemorySegment all = pages.segment();
      return new MappedArray(map, writable ? all : all.asReadOnly(), bytes, null);
    }
    Mapping mapping = Mapping.of(map.bpf().syscalls(), map.fd(), bytes, 0, writable, what);
    return new MappedArray(map, mapping.segment(0, bytes), bytes, mapping);
  }

  /**
   * The live bytes, of any size; read-only if the mapping is. Uses after {@link #close} throw
   * {@link IllegalStateException}.
   */
  public MemorySegment segment() {
    return segment;
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
    if (mapping != null) {
      mapping.close();
    }
    map.ended(this);
  }
}

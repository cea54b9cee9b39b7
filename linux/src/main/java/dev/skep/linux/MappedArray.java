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

  private MappedArray(KernelMap map, Mapping mapping, long bytes) {
    this.map = map;
    this.mapping = mapping;
    this.bytes = bytes;
  }

  static MappedArray of(KernelMap map, boolean writable) {
    MapSpec spec = map.spec();
    String what = map.what(writable ? "writable mmap of" : "mmap of");
    long entries = Integer.toUnsignedLong(spec.maxEntries());
    long stride = spec.type() == MapType.ARENA ? Memory.pageSize() : (spec.valueSize() + 7L) & ~7L;
    long bytes = entries * stride;
    Mapping mapping = Mapping.of(map.bpf().syscalls(), map.fd(), bytes, 0, writable, what);
    return new MappedArray(map, mapping, bytes);
  }

  /**
   * The live bytes, of any size; read-only if the mapping is. Uses after {@link #close} throw
   * {@link IllegalStateException}.
   */
  public MemorySegment segment() {
    return mapping.segment(0, bytes);
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
    mapping.close();
    map.ended(this);
  }
}

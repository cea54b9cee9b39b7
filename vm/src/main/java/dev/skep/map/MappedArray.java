package dev.skep.map;

import dev.skep.engine.MappedValues;
import dev.skep.natives.Memory;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The values of an array as memory for Java; the map stays until this is closed. */
final class MappedArray implements MappedValues {
  private final VmMap map;
  private final boolean writable;
  private final Arena arena = Arena.ofShared();
  private final ByteBuffer bytes;

  /** The map has counted this mapping and given it a reference. */
  MappedArray(VmMap map, long address, long size, boolean writable) {
    this.map = map;
    this.writable = writable;
    ByteBuffer all = Memory.segment(address, size, arena).asByteBuffer();
    bytes = (writable ? all : all.asReadOnlyBuffer()).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public ByteBuffer bytes() {
    return bytes;
  }

  @Override
  public synchronized void close() {
    if (arena.scope().isAlive()) {
      arena.close();
      map.unmapped(writable);
    }
  }
}

package dev.skep.engine;

import dev.skep.data.DataMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * The first element of an array, or one CPU's copy of it, through the map's commands: where there
 * is no memory to share. A store reads the element, changes it and writes it back; what programs
 * write meanwhile is lost.
 */
final class ElementMemory implements DataMemory {
  private static final byte[] FIRST = new byte[4];

  private final BpfMap map;
  private final int start;
  private final int size;

  /**
   * @param cpu the place among the possible CPUs; 0 for a map that has one value
   */
  ElementMemory(BpfMap map, int cpu) {
    this.map = map;
    this.size = map.spec().valueSize();
    this.start = cpu * (size + 7 & -8);
    if (cpu < 0 || start + size > map.userValueSize()) {
      throw new IndexOutOfBoundsException("cpu " + cpu + " in map \"" + map.spec().name() + "\"");
    }
  }

  @Override
  public int size() {
    return size;
  }

  private byte[] element() {
    byte[] value = map.lookup(FIRST);
    if (value == null) {
      throw new IllegalStateException("no element in map \"" + map.spec().name() + "\"");
    }
    return value;
  }

  @Override
  public long load(int offset, int bytes) {
    return ByteBuffer.wrap(Arrays.copyOf(get(offset, bytes), Long.BYTES))
        .order(ByteOrder.LITTLE_ENDIAN)
        .getLong();
  }

  @Override
  public void store(int offset, int bytes, long value) {
    byte[] all =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    put(offset, Arrays.copyOf(all, bytes));
  }

  @Override
  public byte[] get(int offset, int length) {
    Objects.checkFromIndexSize(offset, length, size);
    return Arrays.copyOfRange(element(), start + offset, start + offset + length);
  }

  @Override
  public void put(int offset, byte[] bytes) {
    Objects.checkFromIndexSize(offset, bytes.length, size);
    byte[] value = element();
    System.arraycopy(bytes, 0, value, start + offset, bytes.length);
    map.update(FIRST, value, BpfMap.ANY);
  }
}

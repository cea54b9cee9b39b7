package dev.skep.data;

import java.util.Objects;

/** Part of other memory. */
final class DataSlice implements DataMemory {
  private final DataMemory whole;
  private final int start;
  private final int length;

  DataSlice(DataMemory whole, int start, int length) {
    Objects.checkFromIndexSize(start, length, whole.size());
    this.whole = whole;
    this.start = start;
    this.length = length;
  }

  @Override
  public int size() {
    return length;
  }

  private int at(int offset, int bytes) {
    return start + Objects.checkFromIndexSize(offset, bytes, length);
  }

  @Override
  public long load(int offset, int bytes) {
    return whole.load(at(offset, bytes), bytes);
  }

  @Override
  public void store(int offset, int bytes, long value) {
    whole.store(at(offset, bytes), bytes, value);
  }

  @Override
  public byte[] get(int offset, int count) {
    return whole.get(at(offset, count), count);
  }

  @Override
  public void put(int offset, byte[] bytes) {
    whole.put(at(offset, bytes.length), bytes);
  }
}

package dev.skep.data;

import java.nio.ByteBuffer;

/**
 * Bytes that Java and BPF programs may share. Integers are little-endian. A load or store of 2, 4
 * or 8 bytes at a multiple of its size is one access: no reader sees half of it.
 *
 * <p>Offsets outside give {@link IndexOutOfBoundsException}; what cannot be written gives {@link
 * java.nio.ReadOnlyBufferException}.
 */
public interface DataMemory {
  /** Size in bytes. */
  int size();

  /**
   * An unsigned integer.
   *
   * @param bytes its size, 1 to 8
   */
  long load(int offset, int bytes);

  /**
   * Stores the low bytes of {@code value}.
   *
   * @param bytes how many, 1 to 8
   */
  void store(int offset, int bytes, long value);

  /** A copy of {@code length} bytes. */
  byte[] get(int offset, int length);

  /** Stores bytes, not as a whole: readers may see some of them before the others. */
  void put(int offset, byte[] bytes);

  /** Part of this memory. */
  default DataMemory slice(int offset, int length) {
    return new DataSlice(this, offset, length);
  }

  /** The bytes of an array, which may be written through. */
  static DataMemory of(byte[] bytes) {
    return BufferMemory.of(ByteBuffer.wrap(bytes));
  }
}

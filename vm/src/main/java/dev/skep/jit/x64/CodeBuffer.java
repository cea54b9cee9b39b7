package dev.skep.jit.x64;

import java.util.Arrays;

/** Growing little-endian bytes: the lowest layer of the assembler. */
final class CodeBuffer {
  private byte[] bytes = new byte[1024];
  private int position;

  int position() {
    return position;
  }

  void clear() {
    position = 0;
  }

  byte[] copy() {
    return Arrays.copyOf(bytes, position);
  }

  void put1(int value) {
    room(1);
    bytes[position++] = (byte) value;
  }

  void put2(int value) {
    room(2);
    bytes[position++] = (byte) value;
    bytes[position++] = (byte) (value >> 8);
  }

  void put4(int value) {
    room(4);
    set4(position, value);
    position += 4;
  }

  void put8(long value) {
    put4((int) value);
    put4((int) (value >> 32));
  }

  /** Overwrites one byte that was put before. */
  void set1(int at, int value) {
    bytes[at] = (byte) value;
  }

  /** Overwrites four bytes that were put before. */
  void set4(int at, int value) {
    bytes[at] = (byte) value;
    bytes[at + 1] = (byte) (value >> 8);
    bytes[at + 2] = (byte) (value >> 16);
    bytes[at + 3] = (byte) (value >> 24);
  }

  private void room(int more) {
    if (position + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, position + more));
    }
  }
}

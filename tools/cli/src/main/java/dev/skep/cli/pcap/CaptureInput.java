package dev.skep.cli.pcap;

import dev.skep.errors.MalformedException;
import java.io.IOException;
import java.io.InputStream;

/** Bytes of a capture file with a position for messages and a switchable byte order. */
final class CaptureInput {
  private final String name;
  private final InputStream stream;
  private final byte[] scratch = new byte[8];
  private long position;
  private boolean bigEndian;

  CaptureInput(String name, InputStream stream) {
    this.name = name;
    this.stream = stream;
  }

  void bigEndian(boolean big) {
    bigEndian = big;
  }

  long position() {
    return position;
  }

  MalformedException malformed(String what) {
    return new MalformedException(name + ": " + what + " at offset " + position);
  }

  /** The file's first four bytes as a big-endian number, 0 where there are fewer. */
  int firstWord() {
    boolean kept = bigEndian;
    bigEndian = true;
    try {
      return read(scratch, 0, 4) == 4 ? word() : 0;
    } finally {
      bigEndian = kept;
    }
  }

  private int word() {
    int big =
        (scratch[0] & 0xff) << 24
            | (scratch[1] & 0xff) << 16
            | (scratch[2] & 0xff) << 8
            | (scratch[3] & 0xff);
    return bigEndian ? big : Integer.reverseBytes(big);
  }

  /** Whether the stream ends here; otherwise the next u32 is in {@link #peeked}. */
  boolean atEnd() {
    int got = read(scratch, 0, 4);
    if (got != 0 && got != 4) {
      throw malformed("cut record header");
    }
    return got == 0;
  }

  /** The u32 that {@link #atEnd} consumed. */
  int peeked() {
    return word();
  }

  int u32() {
    exactly(scratch, 4);
    return word();
  }

  int u16() {
    exactly(scratch, 2);
    int big = (scratch[0] & 0xff) << 8 | (scratch[1] & 0xff);
    return bigEndian ? big : Integer.reverseBytes(big) >>> 16;
  }

  byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    exactly(bytes, count);
    return bytes;
  }

  void skip(long count) {
    try {
      stream.skipNBytes(count);
      position += count;
    } catch (java.io.EOFException e) {
      throw malformed("cut record");
    } catch (IOException e) {
      throw malformed("read error (" + e.getMessage() + ")");
    }
  }

  private void exactly(byte[] into, int count) {
    if (read(into, 0, count) != count) {
      throw malformed("cut record");
    }
  }

  private int read(byte[] into, int from, int count) {
    try {
      int got = stream.readNBytes(into, from, count);
      position += got;
      return got;
    } catch (IOException e) {
      throw malformed("read error (" + e.getMessage() + ")");
    }
  }

  void close() {
    try {
      stream.close();
    } catch (IOException e) {
      throw malformed("close error (" + e.getMessage() + ")");
    }
  }
}

package dev.skep.linux.sys;

import dev.skep.natives.Memory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One {@code union bpf_attr} off the heap, with the buffers that it points to; all are freed
 * together. The layouts of the commands are in {@link AttrLayout}.
 */
public final class Attr implements AutoCloseable {
  /** BPF_OBJ_NAME_LEN, the final NUL included. */
  public static final int NAME_BYTES = 16;

  private final long address = Memory.allocate(AttrLayout.BYTES);
  private final List<Long> buffers = new ArrayList<>();

  public long address() {
    return address;
  }

  public Attr putInt(int offset, int value) {
    Memory.putInt(address + offset, value);
    return this;
  }

  public Attr putLong(int offset, long value) {
    Memory.putLong(address + offset, value);
    return this;
  }

  public int getInt(int offset) {
    return Memory.getInt(address + offset);
  }

  public long getLong(int offset) {
    return Memory.getLong(address + offset);
  }

  /** Puts the address of a copy of {@code bytes}; the copy's address is the result. */
  public long putBytes(int offset, byte[] bytes) {
    long buffer = putBuffer(offset, bytes.length);
    Memory.copy(bytes, 0, buffer, bytes.length);
    return buffer;
  }

  /** Puts the address of a new zeroed buffer, which is the result. */
  public long putBuffer(int offset, long bytes) {
    long buffer = allocate(bytes);
    putLong(offset, buffer);
    return buffer;
  }

  /** A zeroed buffer that lives as long as this. */
  public long allocate(long bytes) {
    long buffer = Memory.allocate(bytes);
    buffers.add(buffer);
    return buffer;
  }

  /** Puts an object's name, cut to what the kernel keeps. */
  public Attr putName(int offset, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    Memory.copy(bytes, 0, address + offset, Math.min(bytes.length, NAME_BYTES - 1));
    return this;
  }

  /** Puts the address of a NUL-terminated copy. */
  public Attr putString(int offset, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    putBytes(offset, Arrays.copyOf(bytes, bytes.length + 1));
    return this;
  }

  /** Bytes of a buffer. */
  public static byte[] read(long buffer, int bytes) {
    byte[] copy = new byte[bytes];
    Memory.copy(buffer, copy, 0, bytes);
    return copy;
  }

  /** The text in a buffer, up to its NUL or its end. */
  public static String text(long buffer, long bytes) {
    int length = 0;
    while (length < bytes && Memory.getByte(buffer + length) != 0) {
      length++;
    }
    return new String(read(buffer, length), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    buffers.forEach(Memory::free);
    buffers.clear();
    Memory.free(address);
  }
}

package dev.skep.data;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.util.Objects;

/** The bytes of a buffer: an image, or memory that is mapped. */
public final class BufferMemory implements DataMemory {
  private static final VarHandle SHORT = view(short[].class);
  private static final VarHandle INT = view(int[].class);
  private static final VarHandle LONG = view(long[].class);

  private final ByteBuffer bytes;

  /** Whether single accesses of more than a byte are promised: not in arrays of Java. */
  private final boolean direct;

  private BufferMemory(ByteBuffer bytes) {
    this.bytes = bytes;
    this.direct = bytes.isDirect();
  }

  /** Everything from the buffer's start to its limit; its position does not matter. */
  public static BufferMemory of(ByteBuffer bytes) {
    return new BufferMemory(bytes.slice(0, bytes.limit()).order(ByteOrder.LITTLE_ENDIAN));
  }

  private static VarHandle view(Class<?> type) {
    return MethodHandles.byteBufferViewVarHandle(type, ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public int size() {
    return bytes.limit();
  }

  @Override
  public long load(int offset, int size) {
    Objects.checkFromIndexSize(offset, size, bytes.limit());
    if (direct && (offset & size - 1) == 0) {
      switch (size) {
        case 2 -> {
          return (short) SHORT.getOpaque(bytes, offset) & 0xffffL;
        }
        case 4 -> {
          return (int) INT.getOpaque(bytes, offset) & 0xffffffffL;
        }
        case 8 -> {
          return (long) LONG.getOpaque(bytes, offset);
        }
        default -> {
          // byte by byte
        }
      }
    }
    long value = 0;
    for (int i = size - 1; i >= 0; i--) {
      value = value << 8 | bytes.get(offset + i) & 0xff;
    }
    return value;
  }

  @Override
  public void store(int offset, int size, long value) {
    Objects.checkFromIndexSize(offset, size, bytes.limit());
    if (bytes.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    if (direct && (offset & size - 1) == 0) {
      switch (size) {
        case 2 -> {
          SHORT.setOpaque(bytes, offset, (short) value);
          return;
        }
        case 4 -> {
          INT.setOpaque(bytes, offset, (int) value);
          return;
        }
        case 8 -> {
          LONG.setOpaque(bytes, offset, value);
          return;
        }
        default -> {
          // byte by byte
        }
      }
    }
    for (int i = 0; i < size; i++) {
      bytes.put(offset + i, (byte) (value >>> 8 * i));
    }
  }

  @Override
  public byte[] get(int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.limit());
    byte[] copy = new byte[length];
    bytes.get(offset, copy);
    return copy;
  }

  @Override
  public void put(int offset, byte[] from) {
    Objects.checkFromIndexSize(offset, from.length, bytes.limit());
    bytes.put(offset, from);
  }
}

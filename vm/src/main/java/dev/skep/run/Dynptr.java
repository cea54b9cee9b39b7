package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.natives.Memory;

/**
 * struct bpf_dynptr_kern, by its address (kernel/bpf/helpers.c):
 *
 * <pre>
 *   0              8                      12
 *   | u64 data     | u32 size, type, bits | u32 offset |
 * </pre>
 *
 * What data is depends on the type: memory, a socket buffer or an XDP buffer.
 */
final class Dynptr {
  static final int SIZE_BYTES = 16;

  static final int LOCAL = 1;
  static final int RINGBUF = 2;
  static final int SKB = 3;
  static final int XDP = 4;
  static final int SKB_META = 5;

  /** The largest that memory may be: 2^24 - 1. */
  static final long MAX_SIZE = 0xffffff;

  private static final int DATA = 0;
  private static final int SIZE = 8;
  private static final int OFFSET = 12;
  private static final int TYPE_SHIFT = 28;
  private static final int TYPE_MASK = 7;
  private static final int SIZE_MASK = 0xffffff;
  private static final int READ_ONLY = 1 << 31;

  private Dynptr() {}

  static void setNull(long dynptr) {
    Memory.fill(dynptr, SIZE_BYTES, (byte) 0);
  }

  static void set(long dynptr, long data, int type, int size, boolean readOnly) {
    Memory.putLong(dynptr + DATA, data);
    Memory.putInt(dynptr + SIZE, size | type << TYPE_SHIFT | (readOnly ? READ_ONLY : 0));
    Memory.putInt(dynptr + OFFSET, 0);
  }

  static long data(long dynptr) {
    return Memory.getLong(dynptr + DATA);
  }

  static boolean isNull(long dynptr) {
    return data(dynptr) == 0;
  }

  static int type(long dynptr) {
    return Memory.getInt(dynptr + SIZE) >>> TYPE_SHIFT & TYPE_MASK;
  }

  static int size(long dynptr) {
    return Memory.getInt(dynptr + SIZE) & SIZE_MASK;
  }

  static boolean isReadOnly(long dynptr) {
    return Memory.getInt(dynptr + SIZE) < 0;
  }

  /** Where an offset of the dynptr is in what it points to. */
  static long place(long dynptr, long offset) {
    return Integer.toUnsignedLong(Memory.getInt(dynptr + OFFSET)) + offset;
  }

  /** Narrows the dynptr to a part of itself. */
  static void narrow(long dynptr, int start, int size) {
    Memory.putInt(dynptr + OFFSET, Memory.getInt(dynptr + OFFSET) + start);
    Memory.putInt(dynptr + SIZE, Memory.getInt(dynptr + SIZE) & ~SIZE_MASK | size);
  }

  static void copy(long from, long to) {
    Memory.copy(from, to, SIZE_BYTES);
  }

  /** bpf_dynptr_check_off_len. */
  static boolean isInside(long dynptr, long offset, long length) {
    long size = size(dynptr);
    return Long.compareUnsigned(length, size) <= 0
        && Long.compareUnsigned(offset, size - length) <= 0;
  }

  /** The address of bytes that lie in memory one behind the other, or 0; they are inside. */
  static long slice(long dynptr, long offset, long length) {
    long data = data(dynptr);
    long place = place(dynptr, offset);
    return switch (type(dynptr)) {
      case LOCAL, RINGBUF -> data + place;
      case SKB -> place + length <= Skb.len(data) ? Skb.data(data) + place : 0;
      case XDP -> Xdp.pointer(data, (int) place, (int) length);
      default -> 0;
    };
  }

  /** bpf_dynptr_read: 0 or a negative errno. */
  static long read(long memory, long length, long dynptr, long offset) {
    if (isNull(dynptr)) {
      return -Errno.EINVAL;
    }
    if (!isInside(dynptr, offset, length)) {
      return -Errno.E2BIG;
    }
    long data = data(dynptr);
    long place = place(dynptr, offset);
    return switch (type(dynptr)) {
      case LOCAL, RINGBUF -> {
        Memory.copy(data + place, memory, length);
        yield 0;
      }
      case SKB -> SkbByteHelpers.load(data, place, memory, length);
      case XDP -> XdpHelpers.copy(data, (int) place, memory, (int) length, false);
      default -> length == 0 ? 0 : -Errno.EFAULT;
    };
  }

  /** bpf_dynptr_write: 0 or a negative errno. */
  static long write(long dynptr, long offset, long memory, long length, long flags) {
    if (isNull(dynptr) || isReadOnly(dynptr)) {
      return -Errno.EINVAL;
    }
    if (!isInside(dynptr, offset, length)) {
      return -Errno.E2BIG;
    }
    long data = data(dynptr);
    long place = place(dynptr, offset);
    if (type(dynptr) == SKB) {
      return SkbByteHelpers.store(data, place, memory, length, flags);
    }
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    return switch (type(dynptr)) {
      case LOCAL, RINGBUF -> {
        Memory.copy(memory, data + place, length);
        yield 0;
      }
      case XDP -> XdpHelpers.copy(data, (int) place, memory, (int) length, true);
      default -> length == 0 ? 0 : -Errno.EFAULT;
    };
  }
}

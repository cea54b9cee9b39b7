package dev.skep.natives;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.LongAdder;

/**
 * Memory outside the Java heap by absolute address: what BPF programs, the interpreter and Java
 * share.
 *
 * <p>Nothing is checked beyond the sign of an address: reading or writing memory that is not mapped
 * ends the JVM. Callers own that proof. Plain accesses may be unaligned; those with an ordering
 * (volatile, acquire, release, and all read-modify-write forms) need natural alignment, as an
 * {@link IllegalArgumentException} says.
 */
public final class Memory {
  // One segment over the whole address space: each access is a sign check and a mov.
  private static final MemorySegment ALL = all();

  private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

  private static final MethodHandle CALLOC =
      Libc.function("calloc", 2, Linker.Option.critical(false));
  private static final MethodHandle FREE = Libc.procedure("free", 1, Linker.Option.critical(false));

  /** Room in front of a block for the address that calloc gave. */
  private static final int HEADER = 16;

  private static final LongAdder BLOCKS = new LongAdder();

  private Memory() {}

  /** How many blocks of {@link #allocate} were not given back. */
  public static long blocks() {
    return BLOCKS.sum();
  }

  // Sound because every user of this class proves its addresses; see the class comment.
  @SuppressWarnings("restricted")
  private static MemorySegment all() {
    return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  }

  /**
   * A zeroed block that starts at a multiple of {@code alignment}; large blocks cost physical
   * memory only where they are touched.
   *
   * @param bytes its size, 0 or more
   * @param alignment a power of two
   * @throws OutOfMemoryError when the C library has no block of that size
   */
  public static long allocate(long bytes, long alignment) {
    if (bytes < 0 || alignment <= 0 || (alignment & alignment - 1) != 0) {
      throw new IllegalArgumentException("allocate bytes=" + bytes + " alignment=" + alignment);
    }
    long align = Math.max(alignment, HEADER);
    if (bytes > Long.MAX_VALUE - 2 * align) {
      throw new OutOfMemoryError("no memory for a block of " + bytes + " bytes");
    }
    long raw;
    try {
      raw = (long) CALLOC.invokeExact(1L, bytes + align);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
    if (raw == 0) {
      throw new OutOfMemoryError("no memory for a block of " + bytes + " bytes");
    }
    // malloc aligns to 16, so there is always room for the header below the aligned address.
    long address = (raw + HEADER + align - 1) & -align;
    putLong(address - 8, raw);
    BLOCKS.increment();
    return address;
  }

  /** As {@link #allocate(long, long)}, aligned to a cache line. */
  public static long allocate(long bytes) {
    return allocate(bytes, 64);
  }

  /** Gives back a block of {@link #allocate}; 0 is ignored. */
  public static void free(long address) {
    if (address == 0) {
      return;
    }
    try {
      FREE.invokeExact(getLong(address - 8));
      BLOCKS.decrement();
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }

  /** A view of {@code bytes} bytes at an address, for bulk work; its lifetime is not checked. */
  public static MemorySegment segment(long address, long bytes) {
    return ALL.asSlice(address, bytes);
  }

  /**
   * A view of {@code bytes} bytes at an address that dies with an arena: later uses are {@link
   * IllegalStateException}. The memory itself stays the caller's, who frees it after the arena.
   */
  // Sound as long as the caller keeps the range mapped until the arena is closed.
  @SuppressWarnings("restricted")
  public static MemorySegment segment(long address, long bytes, Arena arena) {
    return MemorySegment.ofAddress(address).reinterpret(bytes, arena, null);
  }

  /** Bytes of a page of virtual memory. */
  public static long pageSize() {
    return Pages.size();
  }

  public static byte getByte(long address) {
    return ALL.get(U8, address);
  }

  public static short getShort(long address) {
    return ALL.get(U16, address);
  }

  public static int getInt(long address) {
    return ALL.get(U32, address);
  }

  public static long getLong(long address) {
    return ALL.get(U64, address);
  }

  public static void putByte(long address, byte value) {
    ALL.set(U8, address, value);
  }

  public static void putShort(long address, short value) {
    ALL.set(U16, address, value);
  }

  public static void putInt(long address, int value) {
    ALL.set(U32, address, value);
  }

  public static void putLong(long address, long value) {
    ALL.set(U64, address, value);
  }

  /** Copies, also between overlapping ranges. */
  public static void copy(long from, long to, long bytes) {
    MemorySegment.copy(ALL, from, ALL, to, bytes);
  }

  /** Copies into a Java array. */
  public static void copy(long from, byte[] to, int offset, int bytes) {
    MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, from, to, offset, bytes);
  }

  /** Copies from a Java array. */
  public static void copy(byte[] from, int offset, long to, int bytes) {
    MemorySegment.copy(from, offset, ALL, ValueLayout.JAVA_BYTE, to, bytes);
  }

  public static void fill(long address, long bytes, byte value) {
    ALL.asSlice(address, bytes).fill(value);
  }

  /** Whether two ranges hold the same bytes. */
  public static boolean equal(long a, long b, long bytes) {
    long i = 0;
    for (; i <= bytes - 8; i += 8) {
      if (getLong(a + i) != getLong(b + i)) {
        return false;
      }
    }
    for (; i < bytes; i++) {
      if (getByte(a + i) != getByte(b + i)) {
        return false;
      }
    }
    return true;
  }

  /** Compares as memcmp does: bytes unsigned, the first difference decides. */
  public static int compare(long a, long b, long bytes) {
    for (long i = 0; i < bytes; i++) {
      int difference = (getByte(a + i) & 0xff) - (getByte(b + i) & 0xff);
      if (difference != 0) {
        return difference;
      }
    }
    return 0;
  }

  public static int getIntVolatile(long address) {
    return (int) INT.getVolatile(ALL, address);
  }

  public static int getIntAcquire(long address) {
    return (int) INT.getAcquire(ALL, address);
  }

  public static void putIntVolatile(long address, int value) {
    INT.setVolatile(ALL, address, value);
  }

  public static void putIntRelease(long address, int value) {
    INT.setRelease(ALL, address, value);
  }

  public static boolean compareAndSetInt(long address, int expected, int value) {
    return INT.compareAndSet(ALL, address, expected, value);
  }

  /** As {@link #compareAndSetInt}, giving what was there. */
  public static int compareAndExchangeInt(long address, int expected, int value) {
    return (int) INT.compareAndExchange(ALL, address, expected, value);
  }

  public static int getAndAddInt(long address, int delta) {
    return (int) INT.getAndAdd(ALL, address, delta);
  }

  public static int getAndOrInt(long address, int mask) {
    return (int) INT.getAndBitwiseOr(ALL, address, mask);
  }

  public static int getAndAndInt(long address, int mask) {
    return (int) INT.getAndBitwiseAnd(ALL, address, mask);
  }

  public static int getAndXorInt(long address, int mask) {
    return (int) INT.getAndBitwiseXor(ALL, address, mask);
  }

  public static int getAndSetInt(long address, int value) {
    return (int) INT.getAndSet(ALL, address, value);
  }

  public static long getLongVolatile(long address) {
    return (long) LONG.getVolatile(ALL, address);
  }

  public static long getLongAcquire(long address) {
    return (long) LONG.getAcquire(ALL, address);
  }

  public static void putLongVolatile(long address, long value) {
    LONG.setVolatile(ALL, address, value);
  }

  public static void putLongRelease(long address, long value) {
    LONG.setRelease(ALL, address, value);
  }

  public static boolean compareAndSetLong(long address, long expected, long value) {
    return LONG.compareAndSet(ALL, address, expected, value);
  }

  /** As {@link #compareAndSetLong}, giving what was there. */
  public static long compareAndExchangeLong(long address, long expected, long value) {
    return (long) LONG.compareAndExchange(ALL, address, expected, value);
  }

  public static long getAndAddLong(long address, long delta) {
    return (long) LONG.getAndAdd(ALL, address, delta);
  }

  public static long getAndOrLong(long address, long mask) {
    return (long) LONG.getAndBitwiseOr(ALL, address, mask);
  }

  public static long getAndAndLong(long address, long mask) {
    return (long) LONG.getAndBitwiseAnd(ALL, address, mask);
  }

  public static long getAndXorLong(long address, long mask) {
    return (long) LONG.getAndBitwiseXor(ALL, address, mask);
  }

  public static long getAndSetLong(long address, long value) {
    return (long) LONG.getAndSet(ALL, address, value);
  }
}

package dev.skep.natives;

import java.lang.invoke.VarHandle;

/**
 * Executable memory. Every page is mapped twice, once to write and once to run, and no view is ever
 * both:
 *
 * <pre>
 *   text:     guard | read + execute ......| guard      what runs; addresses of this class
 *   writable: guard | read + write ........| guard      where Java puts the bytes
 * </pre>
 *
 * All of it lies within reach of 32-bit relative calls. Free bytes are breakpoints. Code that may
 * still run must not be freed: when that is, the caller knows (a grace period).
 */
public final class CodeSpace implements AutoCloseable {
  /** Below 2 GiB, so that any two addresses are a rel32 apart. */
  private static final long DEFAULT_CAPACITY = 1L << 29;

  private static final long COMMIT_STEP = 1L << 16;
  private static final byte BREAKPOINT = (byte) 0xcc;
  private static final int ENOMEM = 12;
  private static final long SYS_MEMBARRIER = 324;
  private static final long PRIVATE_EXPEDITED_SYNC_CORE = 1 << 5;
  private static final long REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 1 << 6;

  private final long guard = Pages.size();
  private final long capacity;
  private final int memfd;
  private final long text;
  private final long writable;
  private final OffsetAllocator offsets;
  private volatile long committed;

  /** Below this offset room was used and freed before. */
  private long reusable;

  private boolean closed;

  public CodeSpace() {
    this(DEFAULT_CAPACITY);
  }

  /**
   * @param capacity bytes of address space, a multiple of 64 KiB below 2 GiB
   */
  public CodeSpace(long capacity) {
    this.capacity = capacity;
    offsets = new OffsetAllocator(0, capacity);
    memfd = Pages.memfd("skep-text", capacity);
    text = view();
    writable = view();
    long result = Syscalls.host().syscall(SYS_MEMBARRIER, REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0);
    if (result < 0) {
      throw new IllegalStateException("membarrier registration: errno " + -result);
    }
  }

  private long view() {
    long address = Pages.reserve(capacity + 2 * guard) + guard;
    Pages.mapOver(address, capacity, Pages.NONE, memfd);
    return address;
  }

  /**
   * Room for code, full of breakpoints.
   *
   * @param bytes more than 0
   * @return the address at which it will run, a multiple of 64
   */
  public synchronized long allocate(int bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException("allocate bytes=" + bytes);
    }
    long offset = offsets.allocate((bytes + 63L) & -64L, 64);
    if (offset == OffsetAllocator.FULL) {
      throw new OutOfMemoryError("no executable memory for " + bytes + " bytes");
    }
    commit(offsets.top());
    return text + offset;
  }

  private void commit(long top) {
    if (top <= committed) {
      return;
    }
    long target = Math.min(capacity, (top + COMMIT_STEP - 1) & -COMMIT_STEP);
    Pages.protect(writable + committed, target - committed, Pages.READ | Pages.WRITE);
    Memory.fill(writable + committed, target - committed, BREAKPOINT);
    Pages.protect(text + committed, target - committed, Pages.READ | Pages.EXECUTE);
    committed = target;
  }

  /** Puts code at an address of {@link #allocate}; no thread runs it yet. */
  public synchronized void write(long address, byte[] code, int length) {
    long offset = address - text;
    if (length > offsets.sizeOf(offset)) {
      throw new IllegalArgumentException("code of " + length + " bytes is longer than its room");
    }
    Memory.copy(code, 0, writable + offset, length);
    if (offset < reusable) {
      synchronizeCores(); // the room may have held other code, that some core has fetched
    }
  }

  /**
   * Replaces four aligned bytes of code that may be running by one store; cores may go on with the
   * old ones until {@link #synchronizeCores}. One thread at a time does so at an address.
   *
   * @return the old ones
   */
  public int replaceInt(long address, int now) {
    long place = writable + checked(address, Integer.BYTES);
    if ((address & 3) != 0) {
      throw new IllegalArgumentException("not aligned: 0x" + Long.toHexString(address));
    }
    int old = Memory.getInt(place);
    Memory.putIntRelease(place, now);
    return old;
  }

  /**
   * Replaces bytes of code that may be running, one after the other; cores may go on with the old
   * ones until {@link #synchronizeCores}.
   */
  public void store(long address, byte[] bytes, int from, int to) {
    long offset = checked(address, to - from);
    for (int i = from; i < to; i++) {
      Memory.putByte(writable + offset + i - from, bytes[i]);
    }
    VarHandle.fullFence();
  }

  /** The bytes of code as they are now. */
  public byte[] read(long address, int length) {
    byte[] bytes = new byte[length];
    Memory.copy(writable + checked(address, length), bytes, 0, length);
    return bytes;
  }

  private long checked(long address, int length) {
    long offset = address - text;
    if (offset < 0 || length < 0 || offset > committed - length) {
      throw new IllegalArgumentException("no code at 0x" + Long.toHexString(address));
    }
    return offset;
  }

  /** The lowest address of code. */
  public long start() {
    return text;
  }

  /** One past the highest address that code may have. */
  public long end() {
    return text + capacity;
  }

  /** Makes every core of the process fetch instructions anew before it returns to user code. */
  public static void synchronizeCores() {
    long result;
    do {
      result = Syscalls.host().syscall(SYS_MEMBARRIER, PRIVATE_EXPEDITED_SYNC_CORE, 0);
    } while (result == -ENOMEM); // no memory for a list of cores right now
    if (result < 0) {
      throw new IllegalStateException("membarrier: errno " + -result);
    }
  }

  /** Frees code that no thread runs or will run; its room is full of breakpoints again. */
  public synchronized void free(long address) {
    long offset = address - text;
    long size = offsets.sizeOf(offset);
    Memory.fill(writable + offset, size, BREAKPOINT);
    offsets.free(offset);
    reusable = Math.max(reusable, offset + size);
  }

  /** Bytes in use. */
  public synchronized long usedBytes() {
    return offsets.usedBytes();
  }

  /** Unmaps everything; nothing of it may run any more. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Pages.unmap(text - guard, capacity + 2 * guard);
      Pages.unmap(writable - guard, capacity + 2 * guard);
      Pages.close(memfd);
    }
  }
}

package dev.skep.linux.sys;

import dev.skep.errors.BpfErrnoException;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Shared memory of a descriptor: mmap(2) and its end. */
public final class Mapping implements AutoCloseable {
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int MAP_SHARED = 1;
  private static final int MAP_FIXED_NOREPLACE = 1 << 20;

  private final Syscalls syscalls;
  private final long address;
  private final long bytes;
  private final boolean writable;
  private @Nullable Arena arena;
  private boolean closed;

  private Mapping(Syscalls syscalls, long address, long bytes, boolean writable) {
    this.syscalls = syscalls;
    this.address = address;
    this.bytes = bytes;
    this.writable = writable;
  }

  /**
   * Maps a range of a descriptor.
   *
   * @param bytes rounded up to whole pages
   * @param offset a multiple of the page size
   * @param what names the operation in the error
   */
  public static Mapping of(
      Syscalls syscalls, int fd, long bytes, long offset, boolean writable, String what) {
    return at(syscalls, fd, 0, bytes, offset, writable, what);
  }

  /**
   * As {@link #of}, at an address.
   *
   * @param place 0 for any; where something is mapped already, EEXIST
   */
  public static Mapping at(
      Syscalls syscalls,
      int fd,
      long place,
      long bytes,
      long offset,
      boolean writable,
      String what) {
    long page = Memory.pageSize();
    long whole = (bytes + page - 1) & -page;
    int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    int flags = place == 0 ? MAP_SHARED : MAP_SHARED | MAP_FIXED_NOREPLACE;
    long result = syscalls.syscall(CallNumbers.MMAP, place, whole, protection, flags, fd, offset);
    if (result < 0) {
      throw new BpfErrnoException((int) -result, what);
    }
    return new Mapping(syscalls, result, whole, writable);
  }

  /** The first byte; nothing at it may be touched once this is closed. */
  public long address() {
    return address;
  }

  /**
   * A view of some of the bytes, for any thread, that throws {@link IllegalStateException} once
   * this is closed; read-only if the mapping is.
   */
  public synchronized MemorySegment segment(long offset, long length) {
    if (closed) {
      throw new IllegalStateException("closed mapping");
    }
    if (offset < 0 || length < 0 || offset > bytes - length) {
      throw new IndexOutOfBoundsException("bytes " + offset + " + " + length + " of " + bytes);
    }
    if (arena == null) {
      arena = Arena.ofShared();
    }
    MemorySegment segment = Memory.segment(address + offset, length, arena);
    return writable ? segment : segment.asReadOnly();
  }

  /** Ends the views, then the mapping. */
  @Override
  public synchronized void close() {
    if (!closed) {
      if (arena != null) {
        arena.close();
      }
      closed = true;
      syscalls.syscall(CallNumbers.MUNMAP, address, bytes);
    }
  }
}

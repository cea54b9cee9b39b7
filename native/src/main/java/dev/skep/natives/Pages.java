package dev.skep.natives;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Page-wise virtual memory: mmap, mprotect, munmap and memfd of the C library. */
final class Pages {
  static final int NONE = 0;
  static final int READ = 1;
  static final int WRITE = 2;
  static final int EXECUTE = 4;

  private static final int MAP_SHARED = 0x01;
  private static final int MAP_PRIVATE = 0x02;
  private static final int MAP_FIXED = 0x10;
  private static final int MAP_ANONYMOUS = 0x20;
  private static final int MAP_NORESERVE = 0x4000;
  private static final int MFD_CLOEXEC = 1;
  private static final int MFD_EXEC = 0x10;
  private static final long SC_PAGESIZE = 30;
  private static final int EINVAL = 22;

  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final MethodHandle MMAP = Libc.function("mmap", 6, ERRNO);
  private static final MethodHandle MPROTECT = Libc.function("mprotect", 3, ERRNO);
  private static final MethodHandle MUNMAP = Libc.function("munmap", 2, ERRNO);
  private static final MethodHandle MEMFD_CREATE = Libc.function("memfd_create", 2, ERRNO);
  private static final MethodHandle FTRUNCATE = Libc.function("ftruncate", 2, ERRNO);
  private static final MethodHandle CLOSE = Libc.function("close", 1, ERRNO);
  private static final MethodHandle SYSCONF = Libc.function("sysconf", 1);

  private static final long SIZE = readPageSize();

  private Pages() {}

  /** Bytes of a page. */
  static long size() {
    return SIZE;
  }

  private static long readPageSize() {
    try {
      return (long) SYSCONF.invokeExact(SC_PAGESIZE);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }

  /** Inaccessible address space that holds no memory yet; 0 when there is none so large. */
  static long tryReserve(long bytes) {
    return mmap(0, bytes, NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
  }

  /** As {@link #tryReserve}, or an error. */
  static long reserve(long bytes) {
    long address = tryReserve(bytes);
    if (address == 0) {
      throw new OutOfMemoryError("no address space for " + bytes + " bytes");
    }
    return address;
  }

  /** Puts a view of a memfd's first bytes over reserved address space. */
  static void mapOver(long address, long bytes, int protection, int memfd) {
    if (mmap(address, bytes, protection, MAP_SHARED | MAP_FIXED, memfd) == 0) {
      throw new OutOfMemoryError("no view of " + bytes + " bytes of shared memory");
    }
  }

  private static long mmap(long address, long bytes, int protection, int flags, int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.callState(arena);
      long result =
          (long)
              MMAP.invokeExact(
                  state, address, bytes, (long) protection, (long) flags, (long) fd, 0L);
      return result == -1 ? 0 : result;
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }

  static void protect(long address, long bytes, int protection) {
    int errno = call3(MPROTECT, address, bytes, protection);
    if (errno != 0) {
      throw new OutOfMemoryError(
          "mprotect of " + bytes + " bytes to " + protection + ": errno " + errno);
    }
  }

  static void unmap(long address, long bytes) {
    if (call2(MUNMAP, address, bytes) < 0) {
      throw new IllegalStateException("munmap of " + bytes + " bytes");
    }
  }

  /** An unlinked file in memory, sparse, that may be mapped executable. */
  static int memfd(String name, long bytes) {
    long fd;
    try (Arena arena = Arena.ofConfined()) {
      long text = arena.allocateFrom(name).address();
      fd = call2(MEMFD_CREATE, text, MFD_CLOEXEC | MFD_EXEC);
      if (fd == -EINVAL) { // before Linux 6.3 there was no MFD_EXEC, all were executable
        fd = call2(MEMFD_CREATE, text, MFD_CLOEXEC);
      }
    }
    if (fd < 0) {
      throw new OutOfMemoryError("memfd_create: errno " + -fd);
    }
    long result = call2(FTRUNCATE, fd, bytes);
    if (result < 0) {
      close((int) fd);
      throw new OutOfMemoryError("memfd of " + bytes + " bytes: errno " + -result);
    }
    return (int) fd;
  }

  static void close(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      long ignored = (long) CLOSE.invokeExact(Libc.callState(arena), (long) fd);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }

  // The C functions give an int: its upper register half is undefined.
  private static long call2(MethodHandle function, long first, long second) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.callState(arena);
      int result = (int) (long) function.invokeExact(state, first, second);
      return result < 0 ? -Libc.errno(state) : result;
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }

  private static int call3(MethodHandle function, long first, long second, long third) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.callState(arena);
      int result = (int) (long) function.invokeExact(state, first, second, third);
      return result < 0 ? Libc.errno(state) : 0;
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }
}

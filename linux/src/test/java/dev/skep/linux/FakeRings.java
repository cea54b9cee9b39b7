package dev.skep.linux;

import dev.skep.errors.Errno;
import dev.skep.linux.sys.CallNumbers;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * A kernel with descriptors and shared memory that a test writes itself: it counts what is open and
 * mapped, and fails one call on demand.
 */
final class FakeRings implements Syscalls {
  private static final int FIRST_FD = 100;
  private static final int BPF_MAP_CREATE = 0;

  final Set<Integer> open = new HashSet<>();

  /** Sizes by address. */
  final Map<Long, Long> mapped = new HashMap<>();

  /** Addresses by the offset of the mapping. */
  final Map<Long, Long> byOffset = new HashMap<>();

  /** The number, from 1 on, of the call to fail; 0 for none. */
  int failing;

  int calls;
  int epollWaits;
  private int next = FIRST_FD;

  @Override
  public long syscall(long number, long... arguments) {
    boolean closing = number == CallNumbers.CLOSE || number == CallNumbers.MUNMAP;
    if (!closing && ++calls == failing) {
      return -Errno.ENOMEM;
    }
    if (number == CallNumbers.CLOSE) {
      return open.remove((int) arguments[0]) ? 0 : -Errno.EBADF;
    }
    if (number == CallNumbers.MMAP) {
      return map(arguments[1], arguments[5]);
    }
    if (number == CallNumbers.MUNMAP) {
      return unmap(arguments[0], arguments[1]);
    }
    if (number == CallNumbers.EPOLL_PWAIT) {
      epollWaits++;
      return 0;
    }
    if (number == CallNumbers.EPOLL_CREATE1 || number == CallNumbers.PERF_EVENT_OPEN) {
      return fd();
    }
    if (number == CallNumbers.BPF && arguments[0] == BPF_MAP_CREATE) {
      return fd();
    }
    return 0;
  }

  private int fd() {
    open.add(next);
    return next++;
  }

  private long map(long bytes, long offset) {
    long address = Memory.allocate(bytes, Memory.pageSize());
    mapped.put(address, bytes);
    byOffset.put(offset, address);
    return address;
  }

  private long unmap(long address, long bytes) {
    Long size = mapped.remove(address);
    if (size == null || size != bytes) {
      return -Errno.EINVAL;
    }
    Memory.free(address);
    return 0;
  }
}

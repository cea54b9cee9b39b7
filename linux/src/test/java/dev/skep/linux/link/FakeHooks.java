package dev.skep.linux.link;

import dev.skep.errors.Errno;
import dev.skep.linux.sys.CallNumbers;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A kernel of any age: it refuses what it is told to, and notes what was asked of it. */
final class FakeHooks implements Syscalls {
  private static final int FIRST_FD = 100;
  private static final int DUPLICATE = 1030;
  private static final int ACK_BYTES = 36;

  final Set<Integer> open = new TreeSet<>();
  final List<String> calls = new ArrayList<>();

  /** The errno of a command of bpf(2), by its number. */
  final Map<Integer, Integer> refused = new HashMap<>();

  int perfErrno;
  int ioctlErrno;
  int netlinkErrno;
  private int next = FIRST_FD;
  private int sequence;

  @Override
  public long syscall(long number, long... arguments) {
    if (number == CallNumbers.CLOSE) {
      return open.remove((int) arguments[0]) ? 0 : -Errno.EBADF;
    }
    if (number == CallNumbers.BPF) {
      return bpf((int) arguments[0]);
    }
    if (number == CallNumbers.PERF_EVENT_OPEN) {
      calls.add("perf_event_open");
      return perfErrno == 0 ? fd() : -perfErrno;
    }
    if (number == CallNumbers.IOCTL) {
      calls.add("ioctl " + Long.toHexString(arguments[1]));
      return -ioctlErrno;
    }
    if (number == CallNumbers.OPENAT || number == CallNumbers.SOCKET) {
      return fd();
    }
    if (number == CallNumbers.FCNTL) {
      return arguments[1] == DUPLICATE ? fd() : -Errno.EINVAL;
    }
    return netlink(number, arguments);
  }

  private long fd() {
    open.add(next);
    return next++;
  }

  private long bpf(int command) {
    calls.add("bpf " + command);
    int errno = refused.getOrDefault(command, 0);
    if (errno != 0) {
      return -errno;
    }
    return switch (command) {
      case LinkCommands.LINK_CREATE, LinkCommands.RAW_TRACEPOINT_OPEN -> fd();
      default -> 0;
    };
  }

  /** Acknowledges every request, or refuses it. */
  private long netlink(long number, long... arguments) {
    if (number == CallNumbers.SENDTO) {
      sequence = Memory.getInt(arguments[1] + 8);
      calls.add("netlink " + Memory.getShort(arguments[1] + 4));
      return arguments[2];
    }
    if (number == CallNumbers.RECVFROM) {
      long at = arguments[1];
      Memory.putInt(at, ACK_BYTES);
      Memory.putShort(at + 4, (short) 2);
      Memory.putInt(at + 8, sequence);
      Memory.putInt(at + 16, -netlinkErrno);
      return ACK_BYTES;
    }
    return 0;
  }
}

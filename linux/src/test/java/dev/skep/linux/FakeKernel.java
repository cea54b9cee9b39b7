package dev.skep.linux;

import dev.skep.errors.Errno;
import dev.skep.linux.sys.AttrLayout;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.CallNumbers;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.linux.sys.LinkLayout;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/** A kernel that hands out descriptors, keeps one log text and rejects on demand. */
final class FakeKernel implements Syscalls {
  private static final int BPF_MAP_CREATE = 0;
  private static final int FIRST_FD = 100;

  final Set<Integer> open = new HashSet<>();
  int loadErrno;
  int loads;
  int interruptedLoads;
  int updateErrno;
  String log = "";

  /** What the last load and the last link were to attach to: a descriptor and a BTF id. */
  final int[] loadTarget = new int[2];

  final int[] linkTarget = new int[2];
  private int next = FIRST_FD;

  @Override
  public long syscall(long number, long... arguments) {
    if (number == CallNumbers.CLOSE) {
      return open.remove((int) arguments[0]) ? 0 : -Errno.EBADF;
    }
    return switch ((int) arguments[0]) {
      case BPF_MAP_CREATE -> fd();
      case 2 -> -updateErrno;
      case Bpf.PROG_LOAD -> load(arguments[1]);
      case LinkCommands.LINK_CREATE -> {
        linkTarget[0] = Memory.getInt(arguments[1] + LinkLayout.Create.TARGET_FD);
        linkTarget[1] = Memory.getInt(arguments[1] + LinkLayout.Create.TARGET_BTF_ID);
        yield fd();
      }
      default -> 0;
    };
  }

  private int fd() {
    open.add(next);
    return next++;
  }

  private int load(long attr) {
    loads++;
    loadTarget[0] = Memory.getInt(attr + AttrLayout.ProgLoad.ATTACH_FD);
    loadTarget[1] = Memory.getInt(attr + AttrLayout.ProgLoad.ATTACH_BTF_ID);
    if (interruptedLoads-- > 0) {
      return -Errno.EAGAIN;
    }
    int room = Memory.getInt(attr + AttrLayout.ProgLoad.LOG_SIZE);
    if (Memory.getInt(attr + AttrLayout.ProgLoad.LOG_LEVEL) != 0) {
      byte[] text = log.getBytes(StandardCharsets.UTF_8);
      long buffer = Memory.getLong(attr + AttrLayout.ProgLoad.LOG_BUF);
      Memory.putInt(attr + AttrLayout.ProgLoad.LOG_TRUE_SIZE, text.length + 1);
      Memory.copy(text, 0, buffer, Math.min(text.length, room - 1));
      if (text.length + 1 > room) {
        return -Errno.ENOSPC;
      }
    }
    return loadErrno == 0 ? fd() : -loadErrno;
  }
}

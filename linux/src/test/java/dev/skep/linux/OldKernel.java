package dev.skep.linux;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout.BtfLoad;
import dev.skep.linux.sys.AttrLayout.ProgLoad;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.CallNumbers;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A kernel that lacks what it is told to lack. */
final class OldKernel implements Syscalls {
  private static final int FIRST_FD = 100;
  private static final int COARSE_NS = 160;

  final Set<Integer> open = new HashSet<>();

  /** Kinds of BTF that it refuses. */
  final Set<Integer> unknownKinds = new HashSet<>();

  /** What it took. */
  final List<Btf> types = new ArrayList<>();

  boolean refusesGlobalFunctions;
  boolean knowsNames = true;
  boolean knowsAttachTypes = true;
  boolean tellsLogSize = true;
  int maxLogBytes = Integer.MAX_VALUE;

  /** Bytes of locked memory; a load needs more than 64 KiB where it is counted. */
  long memlock = -1;

  String log = "";
  String lastName = "";
  int loads;
  int lastBtf;
  private int next = FIRST_FD;

  @Override
  public long syscall(long number, long... arguments) {
    if (number == CallNumbers.CLOSE) {
      return open.remove((int) arguments[0]) ? 0 : -Errno.EBADF;
    }
    if (number == CallNumbers.PRLIMIT64) {
      return limit(arguments[2], arguments[3]);
    }
    return switch ((int) arguments[0]) {
      case Bpf.MAP_CREATE -> fd();
      case Bpf.PROG_LOAD -> load(arguments[1]);
      case Bpf.BTF_LOAD -> btf(arguments[1]);
      default -> -Errno.EINVAL;
    };
  }

  private long limit(long change, long old) {
    if (old != 0) {
      Memory.putLong(old, memlock);
    }
    if (change != 0) {
      memlock = Memory.getLong(change);
    }
    return 0;
  }

  private int fd() {
    open.add(next);
    return next++;
  }

  private int btf(long attr) {
    byte[] bytes =
        Attr.read(Memory.getLong(attr + BtfLoad.BTF), Memory.getInt(attr + BtfLoad.SIZE));
    Btf btf = Btf.parse(bytes);
    for (int id = 1; id < btf.typeCount(); id++) {
      boolean global = btf.kind(id) == BtfKind.FUNC && btf.vlen(id) == 1;
      if (unknownKinds.contains(btf.kind(id)) || global && refusesGlobalFunctions) {
        return -Errno.EINVAL;
      }
    }
    types.add(btf);
    return fd();
  }

  private int load(long attr) {
    loads++;
    lastName = Attr.text(attr + ProgLoad.NAME, Attr.NAME_BYTES);
    lastBtf = Memory.getInt(attr + ProgLoad.BTF_FD);
    boolean tooNew =
        !lastName.isEmpty() && !knowsNames
            || Memory.getInt(attr + ProgLoad.EXPECTED_ATTACH_TYPE) != 0 && !knowsAttachTypes;
    if (tooNew) {
      return -Errno.E2BIG;
    }
    if (memlock >= 0) {
      long first = Memory.getLong(Memory.getLong(attr + ProgLoad.INSNS));
      return first >>> 32 == COARSE_NS ? -Errno.EINVAL : -Errno.EPERM;
    }
    if (Memory.getInt(attr + ProgLoad.LOG_LEVEL) == 0) {
      return fd();
    }
    return logged(attr);
  }

  private int logged(long attr) {
    int room = Memory.getInt(attr + ProgLoad.LOG_SIZE);
    if (room > maxLogBytes) {
      return -Errno.EINVAL;
    }
    byte[] text = log.getBytes(StandardCharsets.UTF_8);
    long buffer = Memory.getLong(attr + ProgLoad.LOG_BUF);
    Memory.copy(text, 0, buffer, Math.min(text.length, room - 1));
    if (tellsLogSize) {
      Memory.putInt(attr + ProgLoad.LOG_TRUE_SIZE, text.length + 1);
    }
    return text.length + 1 > room ? -Errno.ENOSPC : fd();
  }
}

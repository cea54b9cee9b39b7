package dev.skep.linux.sys;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The commands of bpf(2), typed: one method per command, file descriptors in, bytes or descriptors
 * out. A failure is a {@link BpfErrnoException} that says what was tried.
 */
public final class Bpf {
  public static final int MAP_CREATE = 0;
  private static final int MAP_LOOKUP_ELEM = 1;
  private static final int MAP_UPDATE_ELEM = 2;
  private static final int MAP_DELETE_ELEM = 3;
  private static final int MAP_GET_NEXT_KEY = 4;
  public static final int PROG_LOAD = 5;
  public static final int PROG_TEST_RUN = 10;
  private static final int BTF_GET_FD_BY_ID = 19;
  private static final int BTF_GET_NEXT_ID = 23;
  private static final int PROG_GET_NEXT_ID = 11;
  private static final int MAP_GET_NEXT_ID = 12;
  private static final int PROG_GET_FD_BY_ID = 13;
  private static final int MAP_GET_FD_BY_ID = 14;
  public static final int OBJ_GET_INFO_BY_FD = 15;
  private static final int LINK_GET_FD_BY_ID = 30;
  private static final int LINK_GET_NEXT_ID = 31;
  private static final int PROG_BIND_MAP = 35;
  public static final int BTF_LOAD = 18;
  private static final int MAP_LOOKUP_AND_DELETE_ELEM = 21;
  private static final int MAP_FREEZE = 22;

  /** The verifier gives up with EAGAIN when a signal is pending. */
  private static final int LOAD_ATTEMPTS = 5;

  private final Syscalls syscalls;
  private final Memlock memlock;

  public Bpf(Syscalls syscalls) {
    this.syscalls = syscalls;
    this.memlock = new Memlock(this);
  }

  /** The door to the kernel behind these commands. */
  public Syscalls syscalls() {
    return syscalls;
  }

  /** The limit of locked memory, as far as it concerns these commands. */
  public Memlock memlock() {
    return memlock;
  }

  /**
   * One command; the result is 0 or more, or a negative errno. Where an old kernel counts what a
   * map, a program or types take as locked memory and the limit is too low, it is raised.
   */
  public int call(int command, Attr attr) {
    int result = plainCall(command, attr);
    boolean creates = command == MAP_CREATE || command == PROG_LOAD || command == BTF_LOAD;
    return result == -Errno.EPERM && creates && memlock.raise() ? plainCall(command, attr) : result;
  }

  /** As {@link #call}, whatever the limit of locked memory is. */
  int plainCall(int command, Attr attr) {
    int attempts = command == PROG_LOAD ? LOAD_ATTEMPTS : 1;
    int result;
    do {
      result = (int) syscalls.syscall(CallNumbers.BPF, command, attr.address(), AttrLayout.BYTES);
    } while (result == -Errno.EAGAIN && --attempts > 0);
    return result;
  }

  private int check(int result, String what) {
    if (result < 0) {
      throw new BpfErrnoException(-result, what);
    }
    return result;
  }

  /** Owns a descriptor that a command returned. */
  public Fd own(int fd) {
    return new Fd(syscalls, fd);
  }

  /**
   * The value, or null for ENOENT.
   *
   * @param key null for a map without keys
   */
  public byte @Nullable [] mapLookup(
      int map, byte @Nullable [] key, int valueBytes, long flags, String what) {
    return lookup(MAP_LOOKUP_ELEM, map, key, new byte[valueBytes], flags, what);
  }

  /** As {@link #mapLookup}, taking the element out of the map. */
  public byte @Nullable [] mapLookupAndDelete(
      int map, byte @Nullable [] key, int valueBytes, long flags, String what) {
    return lookup(MAP_LOOKUP_AND_DELETE_ELEM, map, key, new byte[valueBytes], flags, what);
  }

  /** Whether a bloom filter may hold the value: its lookup takes the value itself. */
  public boolean mapPeek(int map, byte[] value, String what) {
    return lookup(MAP_LOOKUP_ELEM, map, null, value, 0, what) != null;
  }

  private byte @Nullable [] lookup(
      int command, int map, byte @Nullable [] key, byte[] value, long flags, String what) {
    try (Attr attr = element(map, key)) {
      long buffer = attr.putBytes(AttrLayout.Element.VALUE, value);
      attr.putLong(AttrLayout.Element.FLAGS, flags);
      int result = call(command, attr);
      if (result == -Errno.ENOENT) {
        return null;
      }
      check(result, what);
      return Attr.read(buffer, value.length);
    }
  }

  public void mapUpdate(int map, byte @Nullable [] key, byte[] value, long flags, String what) {
    try (Attr attr = element(map, key)) {
      attr.putBytes(AttrLayout.Element.VALUE, value);
      attr.putLong(AttrLayout.Element.FLAGS, flags);
      check(call(MAP_UPDATE_ELEM, attr), what);
    }
  }

  public void mapDelete(int map, byte @Nullable [] key, long flags, String what) {
    try (Attr attr = element(map, key)) {
      attr.putLong(AttrLayout.Element.FLAGS, flags);
      check(call(MAP_DELETE_ELEM, attr), what);
    }
  }

  /** The key after {@code key}, the first for null; null at the end. */
  public byte @Nullable [] mapNextKey(int map, byte @Nullable [] key, int keyBytes, String what) {
    try (Attr attr = element(map, key)) {
      long next = attr.putBuffer(AttrLayout.Element.NEXT_KEY, keyBytes);
      int result = call(MAP_GET_NEXT_KEY, attr);
      if (result == -Errno.ENOENT) {
        return null;
      }
      check(result, what);
      return Attr.read(next, keyBytes);
    }
  }

  public void mapFreeze(int map, String what) {
    try (Attr attr = new Attr()) {
      attr.putInt(AttrLayout.Element.MAP_FD, map);
      check(call(MAP_FREEZE, attr), what);
    }
  }

  private static Attr element(int map, byte @Nullable [] key) {
    Attr attr = new Attr();
    attr.putInt(AttrLayout.Element.MAP_FD, map);
    if (key != null) {
      attr.putBytes(AttrLayout.Element.KEY, key);
    }
    return attr;
  }

  public Fd btfLoad(byte[] btf) {
    try (Attr attr = new Attr()) {
      attr.putBytes(AttrLayout.BtfLoad.BTF, btf);
      attr.putInt(AttrLayout.BtfLoad.SIZE, btf.length);
      return own(check(call(BTF_LOAD, attr), "load of " + btf.length + " bytes of btf"));
    }
  }

  /** What the kernel numbers, each kind by itself. */
  public enum Kind {
    PROGRAM("program", PROG_GET_NEXT_ID, PROG_GET_FD_BY_ID),
    MAP("map", MAP_GET_NEXT_ID, MAP_GET_FD_BY_ID),
    BTF("btf", BTF_GET_NEXT_ID, BTF_GET_FD_BY_ID),
    LINK("link", LINK_GET_NEXT_ID, LINK_GET_FD_BY_ID);

    private final String text;
    private final int nextId;
    private final int fdById;

    Kind(String text, int nextId, int fdById) {
      this.text = text;
      this.nextId = nextId;
      this.fdById = fdById;
    }

    /** The kernel's word, as in "program". */
    public String text() {
      return text;
    }
  }

  /** The ids of everything of a kind that is in the kernel, ascending. */
  public List<Integer> ids(Kind kind) {
    List<Integer> ids = new ArrayList<>();
    int id = 0;
    while (true) {
      try (Attr attr = new Attr()) {
        attr.putInt(AttrLayout.ById.ID, id);
        int result = call(kind.nextId, attr);
        if (result == -Errno.ENOENT) {
          return ids;
        }
        check(result, "walk over the " + kind.text() + " ids");
        id = attr.getInt(AttrLayout.ById.NEXT_ID);
        ids.add(id);
      }
    }
  }

  /** Opens one of a kind by its id; null where it is gone. */
  public @Nullable Fd open(Kind kind, int id) {
    try (Attr attr = new Attr()) {
      attr.putInt(AttrLayout.ById.ID, id);
      int result = call(kind.fdById, attr);
      return result == -Errno.ENOENT ? null : own(check(result, kind.text() + " " + id));
    }
  }

  /** BPF_OBJ_GET_INFO_BY_FD into a struct of that size; more than the kernel knows stays 0. */
  public void info(int fd, Attr attr, long info, int bytes, String what) {
    attr.putInt(AttrLayout.Info.FD, fd);
    attr.putInt(AttrLayout.Info.LENGTH, bytes);
    attr.putLong(AttrLayout.Info.INFO, info);
    check(call(OBJ_GET_INFO_BY_FD, attr), what);
  }

  /** BPF_PROG_BIND_MAP: the program holds the map from now on. Returns 0 or a negative errno. */
  public int bind(int program, int map) {
    try (Attr attr = new Attr()) {
      attr.putInt(AttrLayout.Bind.PROG_FD, program);
      attr.putInt(AttrLayout.Bind.MAP_FD, map);
      return call(PROG_BIND_MAP, attr);
    }
  }

  /** The number that the kernel gave a map (bpf_map_info.id). */
  public int mapId(int map) {
    try (Attr attr = new Attr()) {
      long info = attr.putBuffer(AttrLayout.Info.INFO, AttrLayout.MapInfo.BYTES);
      attr.putInt(AttrLayout.Info.FD, map);
      attr.putInt(AttrLayout.Info.LENGTH, AttrLayout.MapInfo.BYTES);
      check(call(OBJ_GET_INFO_BY_FD, attr), "info of a map");
      return Memory.getInt(info + AttrLayout.MapInfo.ID);
    }
  }
}

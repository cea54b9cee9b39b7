package dev.skep.linux.sys;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import org.jspecify.annotations.Nullable;

/**
 * The commands of bpf(2), typed: one method per command, file descriptors in, bytes or descriptors
 * out. A failure is a {@link BpfErrnoException} that says what was tried.
 */
public final class Bpf {
  private static final int MAP_CREATE = 0;
  private static final int MAP_LOOKUP_ELEM = 1;
  private static final int MAP_UPDATE_ELEM = 2;
  private static final int MAP_DELETE_ELEM = 3;
  private static final int MAP_GET_NEXT_KEY = 4;
  public static final int PROG_LOAD = 5;
  public static final int PROG_TEST_RUN = 10;
  public static final int OBJ_GET_INFO_BY_FD = 15;
  private static final int BTF_LOAD = 18;
  private static final int MAP_LOOKUP_AND_DELETE_ELEM = 21;
  private static final int MAP_FREEZE = 22;

  /** The verifier gives up with EAGAIN when a signal is pending. */
  private static final int LOAD_ATTEMPTS = 5;

  private final Syscalls syscalls;

  public Bpf(Syscalls syscalls) {
    this.syscalls = syscalls;
  }

  /** The door to the kernel behind these commands. */
  public Syscalls syscalls() {
    return syscalls;
  }

  /** One command; the result is 0 or more, or a negative errno. */
  public int call(int command, Attr attr) {
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

  public Fd mapCreate(Attr attr, String what) {
    return own(check(call(MAP_CREATE, attr), what));
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

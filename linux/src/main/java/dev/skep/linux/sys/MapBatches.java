package dev.skep.linux.sys;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import org.jspecify.annotations.Nullable;

/** The batch commands of maps (since Linux 5.6). */
public final class MapBatches {
  private static final int LOOKUP_BATCH = 24;
  private static final int LOOKUP_AND_DELETE_BATCH = 25;
  private static final int UPDATE_BATCH = 26;
  private static final int DELETE_BATCH = 27;

  /** A hash keeps a bucket's number in the position, whatever the key. */
  private static final int MIN_POSITION_BYTES = 4;

  private final Bpf bpf;

  public MapBatches(Bpf bpf) {
    this.bpf = bpf;
  }

  /** Offsets in {@code union bpf_attr}. */
  private static final class Layout {
    static final int IN_BATCH = 0;
    static final int OUT_BATCH = 8;
    static final int KEYS = 16;
    static final int VALUES = 24;
    static final int COUNT = 32;
    static final int MAP_FD = 36;
    static final int ELEM_FLAGS = 40;

    private Layout() {}
  }

  /**
   * What a lookup found.
   *
   * @param errno 0, ENOENT at the end, ENOSPC when not even the next bucket fits
   * @param position of the next lookup
   */
  public record Found(int errno, int count, byte[] keys, byte[] values, byte[] position) {}

  /**
   * What an update or delete did.
   *
   * @param errno 0, or that of the element that failed
   * @param count elements before it
   */
  public record Done(int errno, int count) {}

  /**
   * BPF_MAP_LOOKUP_BATCH, or BPF_MAP_LOOKUP_AND_DELETE_BATCH.
   *
   * @param position null for the start
   * @throws BpfErrnoException if the kernel refuses the command as a whole
   */
  public Found lookup(
      int map,
      byte @Nullable [] position,
      int count,
      int keyBytes,
      int valueBytes,
      long flags,
      boolean delete,
      String what) {
    try (Attr attr = new Attr()) {
      int positionBytes = Math.max(keyBytes, MIN_POSITION_BYTES);
      if (position != null) {
        attr.putBytes(Layout.IN_BATCH, position);
      }
      long out = attr.putBuffer(Layout.OUT_BATCH, positionBytes);
      long keys = attr.putBuffer(Layout.KEYS, (long) count * keyBytes);
      long values = attr.putBuffer(Layout.VALUES, (long) count * valueBytes);
      int errno =
          run(delete ? LOOKUP_AND_DELETE_BATCH : LOOKUP_BATCH, attr, map, count, flags, what);
      int found = attr.getInt(Layout.COUNT);
      return new Found(
          errno,
          found,
          Attr.read(keys, found * keyBytes),
          Attr.read(values, found * valueBytes),
          Attr.read(out, positionBytes));
    }
  }

  /** BPF_MAP_UPDATE_BATCH. */
  public Done update(int map, byte[] keys, byte[] values, int count, long flags, String what) {
    try (Attr attr = new Attr()) {
      attr.putBytes(Layout.KEYS, keys);
      attr.putBytes(Layout.VALUES, values);
      int errno = run(UPDATE_BATCH, attr, map, count, flags, what);
      return new Done(errno, attr.getInt(Layout.COUNT));
    }
  }

  /** BPF_MAP_DELETE_BATCH. */
  public Done delete(int map, byte[] keys, int count, long flags, String what) {
    try (Attr attr = new Attr()) {
      attr.putBytes(Layout.KEYS, keys);
      int errno = run(DELETE_BATCH, attr, map, count, flags, what);
      return new Done(errno, attr.getInt(Layout.COUNT));
    }
  }

  /**
   * The errno of what was begun. What the kernel refuses as a whole leaves the count as it is, and
   * what fails on the way makes it smaller.
   */
  private int run(int command, Attr attr, int map, int count, long flags, String what) {
    attr.putInt(Layout.COUNT, count);
    attr.putInt(Layout.MAP_FD, map);
    attr.putLong(Layout.ELEM_FLAGS, flags);
    int errno = -bpf.call(command, attr);
    boolean begun =
        errno == 0 || errno != Errno.EFAULT && Memory.getInt(attr.address() + Layout.COUNT) < count;
    if (!begun) {
      // A lookup that ends exactly with the last element has the whole count and ENOENT.
      if (errno == Errno.ENOENT && count > 0) {
        return errno;
      }
      throw new BpfErrnoException(errno, what);
    }
    return errno;
  }
}

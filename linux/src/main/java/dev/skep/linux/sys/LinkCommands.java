package dev.skep.linux.sys;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The commands of bpf(2) that attach programs. Those that a kernel may lack return a negative errno
 * instead of throwing, so that the caller can take an older way.
 */
public final class LinkCommands {
  /** The numbers of the commands (enum bpf_cmd). */
  public static final int OBJ_PIN = 6;

  public static final int OBJ_GET = 7;
  public static final int PROG_ATTACH = 8;
  public static final int PROG_DETACH = 9;
  public static final int PROG_QUERY = 16;
  public static final int RAW_TRACEPOINT_OPEN = 17;
  public static final int LINK_CREATE = 28;
  public static final int LINK_UPDATE = 29;
  public static final int LINK_GET_FD_BY_ID = 30;
  public static final int LINK_GET_NEXT_ID = 31;
  public static final int ITER_CREATE = 33;
  public static final int LINK_DETACH = 34;

  private final Bpf bpf;

  public LinkCommands(Bpf bpf) {
    this.bpf = bpf;
  }

  /** BPF_LINK_CREATE: the link's descriptor or a negative errno. */
  public int create(Attr attr) {
    return bpf.call(LINK_CREATE, attr);
  }

  /**
   * Whether the kernel has BPF_LINK_CREATE for a program's type: then it complains of a target that
   * is no descriptor with EBADF, else of the command with EINVAL.
   */
  public boolean knowsLinks(int program, int attachType) {
    try (Attr attr = new Attr()) {
      attr.putInt(LinkLayout.Create.PROG_FD, program);
      attr.putInt(LinkLayout.Create.TARGET_FD, -1);
      attr.putInt(LinkLayout.Create.ATTACH_TYPE, attachType);
      return create(attr) != -Errno.EINVAL;
    }
  }

  /** BPF_RAW_TRACEPOINT_OPEN: the link's descriptor or a negative errno; name null is none. */
  public int rawTracepointOpen(@Nullable String name, int program, long cookie) {
    try (Attr attr = new Attr()) {
      if (name != null) {
        attr.putString(LinkLayout.RawTracepoint.NAME, name);
      }
      attr.putInt(LinkLayout.RawTracepoint.PROG_FD, program);
      attr.putLong(LinkLayout.RawTracepoint.COOKIE, cookie);
      return bpf.call(RAW_TRACEPOINT_OPEN, attr);
    }
  }

  /** BPF_LINK_UPDATE: 0 or a negative errno. */
  public int update(int link, int program) {
    try (Attr attr = new Attr()) {
      attr.putInt(LinkLayout.Update.LINK_FD, link);
      attr.putInt(LinkLayout.Update.NEW_PROG_FD, program);
      return bpf.call(LINK_UPDATE, attr);
    }
  }

  /** BPF_LINK_DETACH: 0 or a negative errno. */
  public int detach(int link) {
    try (Attr attr = new Attr()) {
      attr.putInt(LinkLayout.Update.LINK_FD, link);
      return bpf.call(LINK_DETACH, attr);
    }
  }

  /** BPF_ITER_CREATE: a descriptor to read from, or a negative errno. */
  public int iterCreate(int link) {
    try (Attr attr = new Attr()) {
      attr.putInt(LinkLayout.IterCreate.LINK_FD, link);
      return bpf.call(ITER_CREATE, attr);
    }
  }

  /** BPF_PROG_ATTACH: 0 or a negative errno. */
  public int progAttach(int target, int program, int attachType, int flags, int replaced) {
    try (Attr attr = new Attr()) {
      attr.putInt(LinkLayout.ProgAttach.TARGET_FD, target);
      attr.putInt(LinkLayout.ProgAttach.PROG_FD, program);
      attr.putInt(LinkLayout.ProgAttach.ATTACH_TYPE, attachType);
      attr.putInt(LinkLayout.ProgAttach.FLAGS, flags);
      attr.putInt(LinkLayout.ProgAttach.REPLACED_PROG_FD, replaced);
      return bpf.call(PROG_ATTACH, attr);
    }
  }

  /** BPF_PROG_DETACH: 0 or a negative errno. */
  public int progDetach(int target, int program, int attachType) {
    try (Attr attr = new Attr()) {
      attr.putInt(LinkLayout.ProgAttach.TARGET_FD, target);
      attr.putInt(LinkLayout.ProgAttach.PROG_FD, program);
      attr.putInt(LinkLayout.ProgAttach.ATTACH_TYPE, attachType);
      return bpf.call(PROG_DETACH, attr);
    }
  }

  /**
   * What BPF_PROG_QUERY says of a place.
   *
   * @param programs their ids, in the order in which they run
   * @param links the ids of their links, 0 for those without; empty where the kernel tells none
   * @param revision counts changes, for tcx and netkit
   */
  public record Attached(int[] programs, int[] links, long revision) {}

  /** BPF_PROG_QUERY of a descriptor, or of an interface's index. */
  public Attached query(int target, int attachType, String what) {
    int room = 64;
    while (true) {
      try (Attr attr = new Attr()) {
        attr.putInt(LinkLayout.Query.TARGET_FD, target);
        attr.putInt(LinkLayout.Query.ATTACH_TYPE, attachType);
        long programs = attr.putBuffer(LinkLayout.Query.PROG_IDS, 4L * room);
        long links = attr.allocate(4L * room);
        if (hasLinkIds(attachType)) {
          attr.putLong(LinkLayout.Query.LINK_IDS, links);
        }
        attr.putInt(LinkLayout.Query.COUNT, room);
        int result = bpf.call(PROG_QUERY, attr);
        int count = attr.getInt(LinkLayout.Query.COUNT);
        if (result == -Errno.ENOSPC && count > room) {
          room = count;
          continue;
        }
        if (result < 0) {
          throw new BpfErrnoException(-result, what);
        }
        return new Attached(
            ints(programs, count),
            hasLinkIds(attachType) ? ints(links, count) : new int[0],
            attr.getLong(LinkLayout.Query.REVISION));
      }
    }
  }

  private static boolean hasLinkIds(int attachType) {
    return attachType == TCX_INGRESS
        || attachType == TCX_EGRESS
        || attachType == NETKIT_PRIMARY
        || attachType == NETKIT_PEER;
  }

  private static final int TCX_INGRESS = 46;
  private static final int TCX_EGRESS = 47;
  private static final int NETKIT_PRIMARY = 54;
  private static final int NETKIT_PEER = 55;

  private static int[] ints(long address, int count) {
    int[] values = new int[count];
    for (int i = 0; i < count; i++) {
      values[i] = Memory.getInt(address + 4L * i);
    }
    return values;
  }

  /** BPF_OBJ_PIN of any descriptor of the BPF kinds. */
  public void pin(int fd, Path file, String what) {
    try (Attr attr = new Attr()) {
      attr.putString(LinkLayout.Pin.PATH, file.toString());
      attr.putInt(LinkLayout.Pin.FD, fd);
      int result = bpf.call(OBJ_PIN, attr);
      if (result < 0) {
        throw new BpfErrnoException(-result, what, pinHint(-result));
      }
    }
  }

  private static String pinHint(int errno) {
    return switch (errno) {
      case Errno.EPERM, Errno.EINVAL ->
          "the directory is not on a bpf file system: mount -t bpf bpf /sys/fs/bpf";
      case Errno.EACCES -> "the directory may not be written to";
      case Errno.EEXIST -> "the file exists; remove it first";
      case Errno.ENOENT -> "the directory does not exist";
      default -> "";
    };
  }

  /** The struct bpf_link_info of a descriptor; the bytes behind what the kernel knows are 0. */
  public byte[] info(int link) {
    try (Attr attr = new Attr()) {
      long info = attr.putBuffer(AttrLayout.Info.INFO, LinkLayout.Info.BYTES);
      return info(link, attr, info);
    }
  }

  /** As {@link #info(int)}, with a buffer of the caller's filled in: names come back there. */
  public byte[] info(int link, Attr attr, long info) {
    attr.putInt(AttrLayout.Info.FD, link);
    attr.putInt(AttrLayout.Info.LENGTH, LinkLayout.Info.BYTES);
    int result = bpf.call(Bpf.OBJ_GET_INFO_BY_FD, attr);
    if (result < 0) {
      throw new BpfErrnoException(-result, "info of a link");
    }
    int known = Math.clamp(attr.getInt(AttrLayout.Info.LENGTH), 0, LinkLayout.Info.BYTES);
    return Arrays.copyOf(Attr.read(info, known), LinkLayout.Info.BYTES);
  }

  /** The number of a program (bpf_prog_info.id). */
  public int programId(int program) {
    try (Attr attr = new Attr()) {
      long info = attr.putBuffer(AttrLayout.Info.INFO, AttrLayout.ProgInfo.BYTES);
      attr.putInt(AttrLayout.Info.FD, program);
      attr.putInt(AttrLayout.Info.LENGTH, AttrLayout.ProgInfo.BYTES);
      int result = bpf.call(Bpf.OBJ_GET_INFO_BY_FD, attr);
      if (result < 0) {
        throw new BpfErrnoException(-result, "info of a program");
      }
      return Memory.getInt(info + AttrLayout.ProgInfo.ID);
    }
  }

  /** The id of the link after {@code id}, as BPF_LINK_GET_NEXT_ID walks them; empty at the end. */
  public OptionalInt nextId(int id) {
    try (Attr attr = new Attr()) {
      attr.putInt(LinkLayout.ById.ID, id);
      int result = bpf.call(LINK_GET_NEXT_ID, attr);
      if (result == -Errno.ENOENT) {
        return OptionalInt.empty();
      }
      if (result < 0) {
        throw new BpfErrnoException(-result, "walk over the links");
      }
      return OptionalInt.of(attr.getInt(LinkLayout.ById.NEXT_ID));
    }
  }
}

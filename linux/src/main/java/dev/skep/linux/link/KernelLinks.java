package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.linux.sys.LinkLayout;
import dev.skep.natives.Syscalls;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** The links that the kernel has, also those of others. */
public final class KernelLinks {
  private KernelLinks() {}

  /** A link that was pinned. Closing it leaves the attachment as long as the file is there. */
  public static Link pinned(Path file) {
    Bpf bpf = new Bpf(Syscalls.host());
    try (Attr attr = new Attr()) {
      attr.putString(LinkLayout.Pin.PATH, file.toString());
      return opened(bpf, bpf.call(LinkCommands.OBJ_GET, attr), "pin " + file);
    }
  }

  /** A link by its number. While it is open, the attachment stays. */
  public static Link ofId(int id) {
    Bpf bpf = new Bpf(Syscalls.host());
    try (Attr attr = new Attr()) {
      attr.putInt(LinkLayout.ById.ID, id);
      return opened(bpf, bpf.call(LinkCommands.LINK_GET_FD_BY_ID, attr), "link " + id);
    }
  }

  private static Link opened(Bpf bpf, int result, String what) {
    if (result < 0) {
      throw new BpfErrnoException(-result, what, hint(-result));
    }
    FdLink link = new FdLink(bpf, new Fd(bpf.syscalls(), result), what, true);
    try {
      link.info();
      return link;
    } catch (BpfErrnoException other) {
      link.close();
      throw new BpfErrnoException(other.errno(), what, "is no link");
    }
  }

  private static String hint(int errno) {
    return switch (errno) {
      case Errno.EPERM -> "needs CAP_SYS_ADMIN for numbers, rights on the file for pins";
      case Errno.ENOENT -> "there is none";
      case Errno.EINVAL -> "the file is not on a bpf file system";
      default -> "";
    };
  }

  /** The numbers of all links, as `bpftool link` lists them. */
  public static List<Integer> ids() {
    LinkCommands commands = new LinkCommands(new Bpf(Syscalls.host()));
    List<Integer> ids = new ArrayList<>();
    OptionalInt next = commands.nextId(0);
    while (next.isPresent()) {
      ids.add(next.getAsInt());
      next = commands.nextId(next.getAsInt());
    }
    return ids;
  }
}

package dev.skep.linux.sys;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Objects that the kernel has already, by their file in a BPF file system. */
public final class PinnedObjects {
  private static final int OBJ_GET = 7;

  private final Bpf bpf;

  public PinnedObjects(Bpf bpf) {
    this.bpf = bpf;
  }

  /** What may be pinned. */
  public enum Kind {
    MAP("map", "bpf-map"),
    PROGRAM("program", "bpf-prog"),
    LINK("link", "bpf_link");

    private final String text;
    private final String inode;

    Kind(String text, String inode) {
      this.text = text;
      this.inode = inode;
    }
  }

  /**
   * BPF_OBJ_GET.
   *
   * @throws BpfErrnoException also if the file is another kind of object (EINVAL)
   */
  public Fd open(Path file, Kind kind) {
    String what = kind.text + " pinned at " + file;
    try (Attr attr = new Attr()) {
      attr.putString(LinkLayout.Pin.PATH, file.toString());
      int result = bpf.call(OBJ_GET, attr);
      if (result < 0) {
        throw new BpfErrnoException(-result, what, hint(-result));
      }
      Fd fd = bpf.own(result);
      Kind found = kindOf(result, kind);
      if (found != kind) {
        fd.close();
        throw new BpfErrnoException(Errno.EINVAL, what, "it is a " + found.text);
      }
      return fd;
    }
  }

  private static String hint(int errno) {
    return switch (errno) {
      case Errno.ENOENT -> "there is no such file";
      case Errno.EACCES, Errno.EPERM -> "needs CAP_BPF, and the right to read the file";
      default -> "";
    };
  }

  /** What a descriptor is, by the name of its inode; as wanted where there is no /proc. */
  private static Kind kindOf(int fd, Kind wanted) {
    String inode;
    try {
      inode = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
    } catch (IOException unreadable) {
      return wanted;
    }
    for (Kind kind : Kind.values()) {
      if (inode.contains(kind.inode)) {
        return kind;
      }
    }
    return wanted;
  }
}

package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.Files;
import dev.skep.natives.Syscalls;
import dev.skep.program.AttachType;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A cgroup of version 2: the program sees what its processes do, and those of the groups below.
 *
 * @param directory as in /sys/fs/cgroup/system.slice
 * @param type what it sees; null for the type that the program was loaded with
 * @param attach whether to use the older command, which has no links; without it that way is taken
 *     where the kernel has no cgroup links (before Linux 5.7)
 * @param flags of the older command: BPF_F_ALLOW_OVERRIDE 1, BPF_F_ALLOW_MULTI 2
 */
public record Cgroup(Path directory, @Nullable AttachType type, boolean attach, int flags)
    implements KernelAttachPoint {
  private static final int ALLOW_MULTI = 2;

  /** For the attach type that the program was loaded with. */
  public static Cgroup of(Path directory) {
    return new Cgroup(directory, null, false, ALLOW_MULTI);
  }

  public Cgroup as(AttachType newType) {
    return new Cgroup(directory, newType, attach, flags);
  }

  /** By BPF_PROG_ATTACH, as before Linux 5.7. */
  public Cgroup overProgAttach(int newFlags) {
    return new Cgroup(directory, type, true, newFlags);
  }

  Link attach(Attachee program) {
    String what = program.what(this);
    int number = type == null ? program.program().expectedAttachType() : type.number();
    try (Fd fd =
        new Files(program.syscalls())
            .open(directory, Files.RDONLY, what, Hints.ofCgroup(Errno.ENOENT))) {
      if (!attach) {
        int result = program.create(fd.number(), number, 0, Attachee.Options.NONE);
        if (result != -Errno.EINVAL || program.commands().knowsLinks(program.fd(), number)) {
          return program.link(this, result);
        }
      }
      return ProgAttachLink.attach(program, this, "cgroup_attach", fd, number, flags);
    }
  }

  /** The programs that are attached there for a type now, without those inherited from above. */
  public Chain query(AttachType wanted) {
    Bpf bpf = new Bpf(Syscalls.host());
    String what = "query of " + describe();
    try (Fd fd =
        new Files(bpf.syscalls())
            .open(directory, Files.RDONLY, what, Hints.ofCgroup(Errno.ENOENT))) {
      return Chains.query(bpf, fd.number(), wanted, what);
    }
  }

  @Override
  public String describe() {
    return "cgroup " + directory + (type == null ? "" : " as " + type.text());
  }
}

package dev.skep.linux.link;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Link;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.Fd;

/**
 * The sockets in a sockmap or sockhash: sk_msg and sk_skb programs. By a link since Linux 6.10, by
 * BPF_PROG_ATTACH before.
 *
 * @param mapFd descriptor of the map, open while programs are attached
 * @param attach whether to use the older command
 */
public record SockMap(int mapFd, boolean attach) implements KernelAttachPoint {
  public static SockMap of(BpfMap map) {
    return new SockMap(map.slotValue(), false);
  }

  /** By BPF_PROG_ATTACH, as before Linux 6.10. */
  public SockMap overProgAttach() {
    return new SockMap(mapFd, true);
  }

  Link attach(Attachee program) {
    int type = program.program().expectedAttachType();
    if (!attach) {
      int result = program.create(mapFd, type, 0, Attachee.Options.NONE);
      if (result != -Errno.EINVAL) {
        return program.link(this, result);
      }
    }
    try (Fd copy = Fd.duplicate(program.syscalls(), mapFd)) {
      return ProgAttachLink.attach(program, this, "sockmap_attach", copy, type, 0);
    }
  }

  @Override
  public String describe() {
    return "sockets of map fd " + mapFd;
  }
}

package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.LinkLayout;

/**
 * The hook that a program was loaded for by BTF: fentry, fexit, fmod_ret, tp_btf, lsm and freplace
 * name their function when they are loaded, so nothing is left to say here (Linux 5.5).
 *
 * @param cookie what bpf_get_attach_cookie returns (Linux 5.19)
 */
public record BtfHook(long cookie) implements KernelAttachPoint {
  /** The hook, without a cookie. */
  public static final BtfHook OF_PROGRAM = new BtfHook(0);

  Link attach(Attachee program) {
    int result =
        program.create(
            0,
            program.program().expectedAttachType(),
            0,
            attr -> attr.putLong(LinkLayout.Create.TRACING_COOKIE, cookie));
    if (result == -Errno.EINVAL && cookie == 0) {
      // BPF_LINK_CREATE takes these since Linux 5.10 to 5.19; the older command always did.
      result = program.commands().rawTracepointOpen(null, program.fd(), 0);
    }
    return program.link(this, result);
  }

  @Override
  public String describe() {
    return "the hook it was loaded for";
  }
}

package dev.skep.linux.link;

import dev.skep.errors.BpfErrnoException;
import dev.skep.linux.net.NetlinkException;

/** Errors of netlink as errors of attachments. */
final class Refusals {
  private Refusals() {}

  /** The kernel's own words where it gave any, else what to do about the errno. */
  static BpfErrnoException of(NetlinkException refused, String what, KernelAttachPoint point) {
    String hint = Hints.of(point, refused.errno());
    String words = refused.explanation().strip();
    String both = words.isEmpty() ? hint : hint.isEmpty() ? words : words + "; " + hint;
    return new BpfErrnoException(refused.errno(), what, both);
  }
}

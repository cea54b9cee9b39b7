package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.linux.sys.LinkLayout;
import dev.skep.program.AttachType;

/**
 * A netfilter hook of the calling thread's network namespace (Linux 6.4).
 *
 * @param family NFPROTO_IPV4 2 or NFPROTO_IPV6 10
 * @param hook NF_INET_*: 0 prerouting, 1 local in, 2 forward, 3 local out, 4 postrouting
 * @param priority lower ones run first; each may be taken once
 * @param defragment whether fragments are put together before (BPF_F_NETFILTER_IP_DEFRAG, 6.6)
 */
public record Netfilter(int family, int hook, int priority, boolean defragment)
    implements KernelAttachPoint {
  private static final int IPV4 = 2;
  private static final int IPV6 = 10;

  public static Netfilter ipv4(int hook, int priority) {
    return new Netfilter(IPV4, hook, priority, false);
  }

  public static Netfilter ipv6(int hook, int priority) {
    return new Netfilter(IPV6, hook, priority, false);
  }

  Link attach(Attachee program) {
    return program.link(
        this,
        0,
        AttachType.NETFILTER,
        0,
        attr ->
            attr.putInt(LinkLayout.Netfilter.FAMILY, family)
                .putInt(LinkLayout.Netfilter.HOOK, hook)
                .putInt(LinkLayout.Netfilter.PRIORITY, priority)
                .putInt(LinkLayout.Netfilter.FLAGS, defragment ? 1 : 0));
  }

  @Override
  public String describe() {
    return "netfilter family " + family + " hook " + hook + " priority " + priority;
  }
}

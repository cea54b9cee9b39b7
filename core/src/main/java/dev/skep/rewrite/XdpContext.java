package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.program.layout.NetDeviceLayout;
import dev.skep.program.layout.XdpBuffLayout;
import dev.skep.program.layout.XdpRxqInfoLayout;
import dev.skep.program.layout.XdpTxqInfoLayout;

/** struct xdp_md to struct xdp_buff (xdp_convert_ctx_access). */
final class XdpContext {
  private static final int INGRESS_IFINDEX = 12;
  private static final int EGRESS_IFINDEX = 20;

  private static final FieldTable FIELDS =
      new FieldTable("xdp_md", 24)
          .u64(0, XdpBuffLayout.DATA)
          .u64(4, XdpBuffLayout.DATA_END)
          .u64(8, XdpBuffLayout.DATA_META)
          .through(16, XdpBuffLayout.RXQ, W, XdpRxqInfoLayout.QUEUE_INDEX);

  private XdpContext() {}

  static int convert(Access access) {
    return switch (access.off) {
      case INGRESS_IFINDEX -> ifindex(access, XdpBuffLayout.RXQ, XdpRxqInfoLayout.DEV);
      case EGRESS_IFINDEX -> ifindex(access, XdpBuffLayout.TXQ, XdpTxqInfoLayout.DEV);
      default -> FIELDS.convert(access);
    };
  }

  private static int ifindex(Access access, int queue, int dev) {
    access.through(queue, DW, dev);
    access.load(W, access.dst, access.dst, NetDeviceLayout.IFINDEX);
    return 4;
  }
}

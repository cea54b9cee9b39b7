package dev.skep.program.layout;

/**
 * struct bpf_sock_addr_kern and the socket addresses it points to. Byte offsets.
 *
 * <pre>
 *    0    8       16        24      32
 *   +----+-------+---------+-------+----------+ 40
 *   | sk | uaddr | tmp_reg | t_ctx | uaddrlen |
 *   +----+-------+---------+-------+----------+
 * </pre>
 */
public final class SockAddrLayout {
  public static final int SIZE = 40;

  /** u64. */
  public static final int SK = 0;

  /** u64, struct sockaddr. */
  public static final int UADDR = 8;

  /** u64, saves a register. */
  public static final int TMP_REG = 16;

  /** u64, source address of sendmsg. */
  public static final int T_CTX = 24;

  // Members of sockaddr, sockaddr_in and sockaddr_in6.

  /** u16. */
  public static final int SA_FAMILY = 0;

  /** be32. */
  public static final int SIN_ADDR = 4;

  /** be16. */
  public static final int SIN6_PORT = 2;

  /** 16 bytes. */
  public static final int SIN6_ADDR = 8;

  private SockAddrLayout() {}
}

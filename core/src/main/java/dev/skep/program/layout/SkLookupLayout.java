package dev.skep.program.layout;

/**
 * struct bpf_sk_lookup_kern. Byte offsets.
 *
 * <pre>
 *    0        2          4       6       8          12         16         24         32
 *   +--------+----------+-------+-------+----------+----------+----------+----------+-------------
 *   | family | protocol | sport | dport | v4.saddr | v4.daddr | v6.saddr | v6.daddr | selected_sk
 *   +--------+----------+-------+-------+----------+----------+----------+----------+-------------
 * </pre>
 */
public final class SkLookupLayout {
  public static final int SIZE = 48;

  /** u16. */
  public static final int FAMILY = 0;

  /** u16. */
  public static final int PROTOCOL = 2;

  /** be16. */
  public static final int SPORT = 4;

  /** u16. */
  public static final int DPORT = 6;

  /** be32. */
  public static final int V4_SADDR = 8;

  /** be32. */
  public static final int V4_DADDR = 12;

  /** u64, struct in6_addr. */
  public static final int V6_SADDR = 16;

  /** u64, struct in6_addr. */
  public static final int V6_DADDR = 24;

  /** u64. */
  public static final int SELECTED_SK = 32;

  /** u32. */
  public static final int INGRESS_IFINDEX = 40;

  private SkLookupLayout() {}
}

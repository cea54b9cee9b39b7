package dev.skep.map;

/** What maps that XDP packets can be redirected through share (__bpf_xdp_redirect_map). */
final class RedirectTarget {
  /** Bits of the flags that hold the verdict on a miss: ABORTED, DROP, PASS or TX. */
  private static final long ON_MISS = 3;

  /** To all devices of the map; with it, to all but the one that the packet came from. */
  static final long BROADCAST = 8;

  static final long EXCLUDE_INGRESS = 16;

  private static final long XDP_ABORTED = 0;
  private static final long XDP_REDIRECT = 4;

  private RedirectTarget() {}

  /**
   * The verdict of bpf_redirect_map.
   *
   * @param found whether the index names an element
   * @param known the flags that this kind of map takes besides the verdict on a miss
   */
  static long verdict(boolean found, long flags, long known) {
    if ((flags & ~(ON_MISS | known)) != 0) {
      return XDP_ABORTED;
    }
    return found || (flags & BROADCAST) != 0 ? XDP_REDIRECT : flags & ON_MISS;
  }
}

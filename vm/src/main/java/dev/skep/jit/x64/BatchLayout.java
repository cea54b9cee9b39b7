package dev.skep.jit.x64;

/**
 * Off-heap blocks through which one call runs many inputs. Byte offsets.
 *
 * <pre>
 *   batch:  0      8      16           24      32         XDP item: 0      8          16
 *          +------+------+------------+-------+----------+         +------+----------+-----------+
 *          | code | ctx  | first item | count | headroom |         | data | data_end | data_meta |
 *          +------+------+------------+-------+----------+ 40      +------+----------+-----------+
 *   item:   0      8                                               24       28
 *          +------+--------+-----+                                 +--------+-----+
 *          | ctx  | retval |     | 16                              | retval |     | 32
 *          +------+--------+-----+                                 +--------+-----+
 * </pre>
 *
 * All are u64 but the retvals, which are u32.
 */
public final class BatchLayout {
  /** Entry of the program. */
  public static final int CODE = 0;

  /** The context block that every run gets (repeat and XDP). */
  public static final int CTX = 8;

  public static final int FIRST_ITEM = 16;

  /** Number of items, or of runs; not 0. */
  public static final int COUNT = 24;

  /** XDP: bytes before data at which data_hard_start is. */
  public static final int HEADROOM = 32;

  public static final int SIZE = 40;

  /** One run with a context block of its own. */
  public static final int ITEM_CTX = 0;

  public static final int ITEM_RETVAL = 8;
  public static final int ITEM_SIZE = 16;

  /** One packet for an XDP program; the pointers come back as the program left them. */
  public static final int XDP_DATA = 0;

  public static final int XDP_DATA_END = 8;
  public static final int XDP_DATA_META = 16;
  public static final int XDP_RETVAL = 24;
  public static final int XDP_SIZE = 32;

  private BatchLayout() {}
}

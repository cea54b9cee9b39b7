package dev.skep.machine;

/**
 * struct bpf_htab, the head of a hash map, its buckets and the members of an element that only
 * lookups and updates know. Byte offsets.
 *
 * <pre>
 *    0                   424       432     440           448     760         764         768       832
 *   +--------------- .. +---------+-------+-------------+-- .. -+-----------+-----------+---------+
 *   | struct bpf_map    | buckets |       | extra_elems |       | n_buckets | elem_size | hashrnd |
 *   +--------------- .. +---------+-------+-------------+-- .. -+-----------+-----------+---------+
 *    bucket: 0      8          16      element: 0      8
 *           +------+----------+                +------+------+- HtabElemLayout
 *           | head | sequence |                | next | free |
 *           +------+----------+                +------+------+-
 * </pre>
 *
 * A chain ends in an odd word, 2 * bucket + 1; a reader that ends in another bucket's was led away
 * by an element that moved, and starts again. A head of 0 is a bucket never used.
 */
public final class HtabLayout {
  public static final int SIZE = 832;

  /** u64, address of the buckets. */
  public static final int BUCKETS = 424;

  /**
   * u64, per-CPU offset of the address of an element that compiled updates on this CPU, and nobody
   * else, put in an existing one's place; 0 when only Java updates the map.
   */
  public static final int EXTRA_ELEMS = 440;

  /** u32, a power of two. */
  public static final int N_BUCKETS = 760;

  /** u32. */
  public static final int ELEM_SIZE = 764;

  /** u32, the hash function's start value. */
  public static final int HASHRND = 768;

  public static final int BUCKET_SIZE = 16;

  /** u64, first element. */
  public static final int BUCKET_HEAD = 0;

  /** u32, odd while a writer is inside. */
  public static final int BUCKET_SEQUENCE = 8;

  /** u64, next element of the chain or its end. */
  public static final int ELEM_NEXT = 0;

  /** u64, next free element. */
  public static final int ELEM_FREE = 8;

  private HtabLayout() {}
}

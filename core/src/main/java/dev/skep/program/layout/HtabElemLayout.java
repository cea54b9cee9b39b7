package dev.skep.program.layout;

/**
 * struct htab_elem, one entry of the hash maps; the value lies behind the key, rounded up to 8.
 * Byte offsets.
 *
 * <pre>
 *    0              16                     40     48       48 + round_up(key_size, 8)
 *   +--------------+----------------------+------+--------+---------------------------
 *   | links        | ptr_to_pptr/lru_node | hash | key .. | value ..
 *   +--------------+----------------------+------+--------+---------------------------
 * </pre>
 */
public final class HtabElemLayout {
  /** lru_node.ref, u8: the entry was used. */
  public static final int LRU_NODE_REF = 35;

  /** u32. */
  public static final int HASH = 40;

  /** The key; also what the value's place counts from. */
  public static final int KEY = 48;

  private HtabElemLayout() {}
}

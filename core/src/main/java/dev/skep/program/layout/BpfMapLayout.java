package dev.skep.program.layout;

/**
 * struct bpf_map, the head of every map. Byte offsets. Only what machine code reads is fixed; a
 * program array is read at {@link #MAX_ENTRIES} by tail calls.
 *
 * <pre>
 *    0                     64     68       72         76          80       88
 *   +---- .. -------------+------+--------+----------+-----------+--------+---- .. ----+ 296
 *   |                     | type |key_size|value_size|max_entries| extra  |            |
 *   +---- .. -------------+------+--------+----------+-----------+--------+---- .. ----+
 * </pre>
 */
public final class BpfMapLayout {
  public static final int SIZE = 296;

  /** u32. */
  public static final int MAP_TYPE = 64;

  /** u32. */
  public static final int KEY_SIZE = 68;

  /** u32. */
  public static final int VALUE_SIZE = 72;

  /** u32 (0x4c). */
  public static final int MAX_ENTRIES = 76;

  /** u64. */
  public static final int MAP_EXTRA = 80;

  /** u32. */
  public static final int MAP_FLAGS = 88;

  /** u32. */
  public static final int ID = 92;

  private BpfMapLayout() {}
}

package dev.skep.program.layout;

/**
 * struct bpf_array: arrays, per-CPU arrays, program arrays and arrays of maps. Byte offsets.
 *
 * <pre>
 *    0                 296         300          304   312
 *   +-----------------+-----------+------------+-----+-------------------------------------
 *   | struct bpf_map  | elem_size | index_mask | aux | value[] / ptrs[] / pptrs[]
 *   +-----------------+-----------+------------+-----+-------------------------------------
 * </pre>
 */
public final class BpfArrayLayout {
  /** u32, round_up(value_size, 8). */
  public static final int ELEM_SIZE = 296;

  /** u32, next power of two of max_entries, minus 1. */
  public static final int INDEX_MASK = 300;

  /** First element of a plain array. */
  public static final int VALUE = 312;

  /** u64 per slot: struct bpf_prog of a program array, struct bpf_map of an array of maps. */
  public static final int PTRS = 312;

  /** u64 per slot: per-CPU offset of the element in a per-CPU array. */
  public static final int PPTRS = 312;

  private BpfArrayLayout() {}
}

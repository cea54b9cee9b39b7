package dev.skep.machine;

/**
 * Where blocks that imitate kernel structures name their Java object: in place of a pointer that no
 * program can read. Byte offsets.
 */
public final class HandleLayout {
  /** u64 in struct bpf_map, in place of the operations: the map's handle. */
  public static final int MAP = 40;

  /** u64 in struct bpf_prog, in place of aux: the program's handle. */
  public static final int PROGRAM = 80;

  private HandleLayout() {}
}

package dev.skep.program.layout;

/**
 * struct bpf_prog: what a program array points to. Byte offsets.
 *
 * <pre>
 *    0                            72         80
 *   +---- .. --------------------+----------+-----+---- .. ----+ 96
 *   |                            | bpf_func | aux |            |
 *   +---- .. --------------------+----------+-----+---- .. ----+
 * </pre>
 */
public final class BpfProgLayout {
  public static final int SIZE = 96;

  /** u64 (0x48), entry of the machine code; tail calls jump a prologue behind it. */
  public static final int BPF_FUNC = 72;

  /** u64. */
  public static final int AUX = 80;

  private BpfProgLayout() {}
}

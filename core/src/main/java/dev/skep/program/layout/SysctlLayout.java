package dev.skep.program.layout;

/** struct bpf_sysctl_kern. Byte offsets. */
public final class SysctlLayout {
  public static final int SIZE = 72;

  /** u32. */
  public static final int WRITE = 52;

  /** u64, pointer to the file position. */
  public static final int PPOS = 56;

  /** u64, saves a register. */
  public static final int TMP_REG = 64;

  private SysctlLayout() {}
}

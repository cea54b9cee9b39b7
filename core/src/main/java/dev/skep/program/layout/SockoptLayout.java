package dev.skep.program.layout;

/** struct bpf_sockopt_kern, and the way from its task to the return value. Byte offsets. */
public final class SockoptLayout {
  public static final int SIZE = 56;

  /** u64. */
  public static final int SK = 0;

  /** u64. */
  public static final int OPTVAL = 8;

  /** u64. */
  public static final int OPTVAL_END = 16;

  /** s32. */
  public static final int LEVEL = 24;

  /** s32. */
  public static final int OPTNAME = 28;

  /** s32. */
  public static final int OPTLEN = 32;

  /** u64, struct task_struct. */
  public static final int CURRENT_TASK = 40;

  /** u64, saves a register. */
  public static final int TMP_REG = 48;

  // task_struct.bpf_ctx and bpf_cg_run_ctx.retval.

  /** u64. */
  public static final int TASK_BPF_CTX = 3008;

  /** s32. */
  public static final int RUN_CTX_RETVAL = 8;

  private SockoptLayout() {}
}

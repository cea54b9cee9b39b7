package dev.skep.map;

/** BPF_F_* of map creation and of element commands, as in uapi/linux/bpf.h. */
public final class MapFlags {
  public static final int NO_PREALLOC = 0x1;
  public static final int NO_COMMON_LRU = 0x2;
  public static final int NUMA_NODE = 0x4;
  public static final int RDONLY = 0x8;
  public static final int WRONLY = 0x10;
  public static final int STACK_BUILD_ID = 0x20;
  public static final int ZERO_SEED = 0x40;
  public static final int RDONLY_PROG = 0x80;
  public static final int WRONLY_PROG = 0x100;
  public static final int CLONE = 0x200;
  public static final int MMAPABLE = 0x400;
  public static final int PRESERVE_ELEMS = 0x800;
  public static final int INNER_MAP = 0x1000;
  public static final int SEGV_ON_FAULT = 0x20000;
  public static final int NO_USER_CONV = 0x40000;

  /** Rights of the program side. */
  public static final int PROG_ACCESS = RDONLY_PROG | WRONLY_PROG;

  /** Rights of both sides. */
  public static final int ACCESS = RDONLY | WRONLY | PROG_ACCESS;

  /** Element flag: copy under the value's spin lock. */
  public static final int LOCK = 4;

  /** Element flag: the CPU in the upper 32 bits, one value. */
  public static final int CPU = 8;

  /** Element flag: one value for all CPUs. */
  public static final int ALL_CPUS = 16;

  /** The element flags that choose CPUs, and the number of the one. */
  static final long CPU_BITS = 0xffffffff_00000000L | CPU | ALL_CPUS;

  private MapFlags() {}
}

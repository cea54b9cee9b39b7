package dev.skep.linux.sys;

/**
 * Offsets in {@code union bpf_attr} (include/uapi/linux/bpf.h), in bytes, one class per command.
 */
public final class AttrLayout {
  /** What is passed as the union's size: up to fd_array_cnt of BPF_PROG_LOAD. */
  public static final int BYTES = 152;

  private AttrLayout() {}

  /** BPF_MAP_CREATE. */
  public static final class MapCreate {
    public static final int TYPE = 0;
    public static final int KEY_SIZE = 4;
    public static final int VALUE_SIZE = 8;
    public static final int MAX_ENTRIES = 12;
    public static final int FLAGS = 16;
    public static final int INNER_MAP_FD = 20;
    public static final int NUMA_NODE = 24;
    public static final int NAME = 28;
    public static final int BTF_FD = 48;
    public static final int BTF_KEY_TYPE_ID = 52;
    public static final int BTF_VALUE_TYPE_ID = 56;
    public static final int BTF_VMLINUX_VALUE_TYPE_ID = 60;
    public static final int EXTRA = 64;

    private MapCreate() {}
  }

  /** The element commands and BPF_MAP_FREEZE. */
  public static final class Element {
    public static final int MAP_FD = 0;
    public static final int KEY = 8;
    public static final int VALUE = 16;
    public static final int NEXT_KEY = 16;
    public static final int FLAGS = 24;

    private Element() {}
  }

  /** BPF_PROG_LOAD. */
  public static final class ProgLoad {
    public static final int TYPE = 0;
    public static final int INSN_CNT = 4;
    public static final int INSNS = 8;
    public static final int LICENSE = 16;
    public static final int LOG_LEVEL = 24;
    public static final int LOG_SIZE = 28;
    public static final int LOG_BUF = 32;
    public static final int KERN_VERSION = 40;
    public static final int FLAGS = 44;
    public static final int NAME = 48;
    public static final int EXPECTED_ATTACH_TYPE = 68;
    public static final int BTF_FD = 72;
    public static final int FUNC_INFO_REC_SIZE = 76;
    public static final int FUNC_INFO = 80;
    public static final int FUNC_INFO_CNT = 88;
    public static final int LINE_INFO_REC_SIZE = 92;
    public static final int LINE_INFO = 96;
    public static final int LINE_INFO_CNT = 104;
    public static final int ATTACH_BTF_ID = 108;

    /** A program's descriptor, or that of a module's BTF. */
    public static final int ATTACH_FD = 112;

    public static final int FD_ARRAY = 120;
    public static final int LOG_TRUE_SIZE = 140;
    public static final int FD_ARRAY_CNT = 148;

    private ProgLoad() {}
  }

  /** BPF_BTF_LOAD. */
  public static final class BtfLoad {
    public static final int BTF = 0;
    public static final int LOG_BUF = 8;
    public static final int SIZE = 16;
    public static final int LOG_SIZE = 20;
    public static final int LOG_LEVEL = 24;

    private BtfLoad() {}
  }

  /** BPF_*_GET_NEXT_ID and BPF_*_GET_FD_BY_ID. */
  public static final class ById {
    public static final int ID = 0;
    public static final int NEXT_ID = 4;

    private ById() {}
  }

  /** BPF_PROG_BIND_MAP. */
  public static final class Bind {
    public static final int PROG_FD = 0;
    public static final int MAP_FD = 4;

    private Bind() {}
  }

  /** BPF_OBJ_GET_INFO_BY_FD. */
  public static final class Info {
    public static final int FD = 0;
    public static final int LENGTH = 4;
    public static final int INFO = 8;

    private Info() {}
  }

  /** BPF_PROG_TEST_RUN. */
  public static final class TestRun {
    public static final int PROG_FD = 0;
    public static final int RETVAL = 4;
    public static final int DATA_SIZE_IN = 8;
    public static final int DATA_SIZE_OUT = 12;
    public static final int DATA_IN = 16;
    public static final int DATA_OUT = 24;
    public static final int REPEAT = 32;
    public static final int DURATION = 36;
    public static final int CTX_SIZE_IN = 40;
    public static final int CTX_SIZE_OUT = 44;
    public static final int CTX_IN = 48;
    public static final int CTX_OUT = 56;
    public static final int FLAGS = 64;
    public static final int CPU = 68;
    public static final int BATCH_SIZE = 72;

    private TestRun() {}
  }

  /** struct bpf_prog_info, an output of BPF_OBJ_GET_INFO_BY_FD. */
  public static final class ProgInfo {
    public static final int BYTES = 232;
    public static final int TYPE = 0;
    public static final int ID = 4;
    public static final int TAG = 8;
    public static final int TAG_BYTES = 8;
    public static final int JITED_LEN = 16;
    public static final int XLATED_LEN = 20;
    public static final int JITED = 24;
    public static final int XLATED = 32;
    public static final int LOAD_TIME = 40;
    public static final int CREATED_BY_UID = 48;
    public static final int NR_MAP_IDS = 52;
    public static final int MAP_IDS = 56;
    public static final int NAME = 64;
    public static final int IFINDEX = 80;

    /** The lowest of 32 bits. */
    public static final int GPL_COMPATIBLE = 84;

    public static final int NR_JITED_KSYMS = 104;
    public static final int NR_JITED_FUNC_LENS = 108;
    public static final int JITED_KSYMS = 112;
    public static final int JITED_FUNC_LENS = 120;
    public static final int BTF_ID = 128;
    public static final int FUNC_INFO_REC_SIZE = 132;
    public static final int FUNC_INFO = 136;
    public static final int NR_FUNC_INFO = 144;
    public static final int NR_LINE_INFO = 148;
    public static final int LINE_INFO = 152;
    public static final int JITED_LINE_INFO = 160;
    public static final int NR_JITED_LINE_INFO = 168;
    public static final int LINE_INFO_REC_SIZE = 172;
    public static final int JITED_LINE_INFO_REC_SIZE = 176;
    public static final int NR_PROG_TAGS = 180;
    public static final int PROG_TAGS = 184;
    public static final int RUN_TIME = 192;
    public static final int RUN_COUNT = 200;
    public static final int RECURSION_MISSES = 208;
    public static final int VERIFIED_INSNS = 216;
    public static final int ATTACH_BTF_OBJ_ID = 220;
    public static final int ATTACH_BTF_ID = 224;

    private ProgInfo() {}
  }

  /** struct bpf_btf_info, an output of BPF_OBJ_GET_INFO_BY_FD. */
  public static final class BtfInfo {
    public static final int BYTES = 32;
    public static final int BTF = 0;
    public static final int BTF_SIZE = 8;
    public static final int ID = 12;
    public static final int NAME = 16;
    public static final int NAME_LEN = 24;
    public static final int KERNEL_BTF = 28;

    private BtfInfo() {}
  }

  /** struct bpf_map_info, an output of BPF_OBJ_GET_INFO_BY_FD. */
  public static final class MapInfo {
    public static final int BYTES = 88;
    public static final int TYPE = 0;
    public static final int ID = 4;
    public static final int KEY_SIZE = 8;
    public static final int VALUE_SIZE = 12;
    public static final int MAX_ENTRIES = 16;
    public static final int FLAGS = 20;
    public static final int NAME = 24;
    public static final int BTF_ID = 64;
    public static final int BTF_KEY_TYPE_ID = 68;
    public static final int BTF_VALUE_TYPE_ID = 72;
    public static final int EXTRA = 80;

    private MapInfo() {}
  }
}

package dev.skep.linux;

/**
 * Offsets in {@code union bpf_attr} (include/uapi/linux/bpf.h), in bytes, one class per command.
 */
final class AttrLayout {
  /** What is passed as the union's size: up to fd_array_cnt of BPF_PROG_LOAD. */
  static final int BYTES = 152;

  private AttrLayout() {}

  /** BPF_MAP_CREATE. */
  static final class MapCreate {
    static final int TYPE = 0;
    static final int KEY_SIZE = 4;
    static final int VALUE_SIZE = 8;
    static final int MAX_ENTRIES = 12;
    static final int FLAGS = 16;
    static final int INNER_MAP_FD = 20;
    static final int NAME = 28;
    static final int BTF_FD = 48;
    static final int BTF_KEY_TYPE_ID = 52;
    static final int BTF_VALUE_TYPE_ID = 56;
    static final int EXTRA = 64;

    private MapCreate() {}
  }

  /** The element commands and BPF_MAP_FREEZE. */
  static final class Element {
    static final int MAP_FD = 0;
    static final int KEY = 8;
    static final int VALUE = 16;
    static final int NEXT_KEY = 16;
    static final int FLAGS = 24;

    private Element() {}
  }

  /** BPF_PROG_LOAD. */
  static final class ProgLoad {
    static final int TYPE = 0;
    static final int INSN_CNT = 4;
    static final int INSNS = 8;
    static final int LICENSE = 16;
    static final int LOG_LEVEL = 24;
    static final int LOG_SIZE = 28;
    static final int LOG_BUF = 32;
    static final int FLAGS = 44;
    static final int NAME = 48;
    static final int EXPECTED_ATTACH_TYPE = 68;
    static final int BTF_FD = 72;
    static final int FUNC_INFO_REC_SIZE = 76;
    static final int FUNC_INFO = 80;
    static final int FUNC_INFO_CNT = 88;
    static final int LINE_INFO_REC_SIZE = 92;
    static final int LINE_INFO = 96;
    static final int LINE_INFO_CNT = 104;
    static final int FD_ARRAY = 120;
    static final int LOG_TRUE_SIZE = 140;

    private ProgLoad() {}
  }

  /** BPF_BTF_LOAD. */
  static final class BtfLoad {
    static final int BTF = 0;
    static final int LOG_BUF = 8;
    static final int SIZE = 16;
    static final int LOG_SIZE = 20;
    static final int LOG_LEVEL = 24;

    private BtfLoad() {}
  }

  /** BPF_OBJ_GET_INFO_BY_FD. */
  static final class Info {
    static final int FD = 0;
    static final int LENGTH = 4;
    static final int INFO = 8;

    private Info() {}
  }

  /** BPF_PROG_TEST_RUN. */
  static final class TestRun {
    static final int PROG_FD = 0;
    static final int RETVAL = 4;
    static final int DATA_SIZE_IN = 8;
    static final int DATA_SIZE_OUT = 12;
    static final int DATA_IN = 16;
    static final int DATA_OUT = 24;
    static final int REPEAT = 32;
    static final int DURATION = 36;
    static final int CTX_SIZE_IN = 40;
    static final int CTX_SIZE_OUT = 44;
    static final int CTX_IN = 48;
    static final int CTX_OUT = 56;
    static final int FLAGS = 64;
    static final int CPU = 68;
    static final int BATCH_SIZE = 72;

    private TestRun() {}
  }

  /** struct bpf_prog_info, an output of BPF_OBJ_GET_INFO_BY_FD. */
  static final class ProgInfo {
    static final int BYTES = 232;
    static final int ID = 4;
    static final int JITED_LEN = 16;
    static final int XLATED_LEN = 20;
    static final int JITED = 24;
    static final int XLATED = 32;
    static final int NR_MAP_IDS = 52;
    static final int MAP_IDS = 56;
    static final int NR_JITED_KSYMS = 104;
    static final int NR_JITED_FUNC_LENS = 108;
    static final int JITED_KSYMS = 112;
    static final int JITED_FUNC_LENS = 120;
    static final int FUNC_INFO_REC_SIZE = 132;
    static final int FUNC_INFO = 136;
    static final int NR_FUNC_INFO = 144;
    static final int NR_LINE_INFO = 148;
    static final int LINE_INFO = 152;
    static final int LINE_INFO_REC_SIZE = 172;

    private ProgInfo() {}
  }

  /** struct bpf_map_info, an output of BPF_OBJ_GET_INFO_BY_FD. */
  static final class MapInfo {
    static final int BYTES = 88;
    static final int ID = 4;

    private MapInfo() {}
  }
}

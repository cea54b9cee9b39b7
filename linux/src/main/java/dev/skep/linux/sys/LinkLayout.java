package dev.skep.linux.sys;

/**
 * Offsets in {@code union bpf_attr} for the commands of links, and in {@code struct bpf_link_info}
 * (include/uapi/linux/bpf.h), in bytes.
 */
public final class LinkLayout {
  private LinkLayout() {}

  /** BPF_LINK_CREATE; what follows OPTIONS depends on the attach type. */
  public static final class Create {
    public static final int PROG_FD = 0;
    public static final int TARGET_FD = 4;
    public static final int ATTACH_TYPE = 8;
    public static final int FLAGS = 12;
    public static final int OPTIONS = 16;

    public static final int TARGET_BTF_ID = 16;
    public static final int TRACING_COOKIE = 24;
    public static final int ITER_INFO = 16;
    public static final int ITER_INFO_LENGTH = 24;
    public static final int PERF_COOKIE = 16;
    public static final int RELATIVE = 16;
    public static final int EXPECTED_REVISION = 24;

    private Create() {}
  }

  /** BPF_LINK_CREATE of many kernel functions. */
  public static final class KprobeMulti {
    public static final int FLAGS = 16;
    public static final int COUNT = 20;
    public static final int SYMBOLS = 24;
    public static final int ADDRESSES = 32;
    public static final int COOKIES = 40;

    private KprobeMulti() {}
  }

  /** BPF_LINK_CREATE of many places of one file. */
  public static final class UprobeMulti {
    public static final int PATH = 16;
    public static final int OFFSETS = 24;
    public static final int REF_COUNTER_OFFSETS = 32;
    public static final int COOKIES = 40;
    public static final int COUNT = 48;
    public static final int FLAGS = 52;
    public static final int PID = 56;

    private UprobeMulti() {}
  }

  /** BPF_LINK_CREATE of a netfilter hook. */
  public static final class Netfilter {
    public static final int FAMILY = 16;
    public static final int HOOK = 20;
    public static final int PRIORITY = 24;
    public static final int FLAGS = 28;

    private Netfilter() {}
  }

  /** BPF_LINK_UPDATE. */
  public static final class Update {
    public static final int LINK_FD = 0;
    public static final int NEW_PROG_FD = 4;
    public static final int FLAGS = 8;
    public static final int OLD_PROG_FD = 12;

    private Update() {}
  }

  /** BPF_ITER_CREATE. */
  public static final class IterCreate {
    public static final int LINK_FD = 0;
    public static final int FLAGS = 4;

    private IterCreate() {}
  }

  /** BPF_RAW_TRACEPOINT_OPEN. */
  public static final class RawTracepoint {
    public static final int NAME = 0;
    public static final int PROG_FD = 8;
    public static final int COOKIE = 16;

    private RawTracepoint() {}
  }

  /** BPF_PROG_ATTACH and BPF_PROG_DETACH. */
  public static final class ProgAttach {
    public static final int TARGET_FD = 0;
    public static final int PROG_FD = 4;
    public static final int ATTACH_TYPE = 8;
    public static final int FLAGS = 12;
    public static final int REPLACED_PROG_FD = 16;

    private ProgAttach() {}
  }

  /** BPF_PROG_QUERY. */
  public static final class Query {
    public static final int TARGET_FD = 0;
    public static final int ATTACH_TYPE = 4;
    public static final int FLAGS = 8;
    public static final int ATTACH_FLAGS = 12;
    public static final int PROG_IDS = 16;
    public static final int COUNT = 24;
    public static final int LINK_IDS = 40;
    public static final int REVISION = 56;

    private Query() {}
  }

  /** BPF_OBJ_PIN and BPF_OBJ_GET. */
  public static final class Pin {
    public static final int PATH = 0;
    public static final int FD = 8;

    private Pin() {}
  }

  /** BPF_LINK_GET_FD_BY_ID and BPF_LINK_GET_NEXT_ID. */
  public static final class ById {
    public static final int ID = 0;
    public static final int NEXT_ID = 4;

    private ById() {}
  }

  /** struct bpf_link_info; what follows ID depends on the type. */
  public static final class Info {
    /** Room for the struct of kernels up to 6.18 and some to come. */
    public static final int BYTES = 128;

    public static final int TYPE = 0;
    public static final int ID = 4;
    public static final int PROG_ID = 8;
    public static final int DETAIL = 16;
    public static final int DETAIL_ATTACH_TYPE = 20;
    public static final int TARGET_BTF_ID = 24;
    public static final int CGROUP_ATTACH_TYPE = 24;
    public static final int NAME = 16;
    public static final int NAME_BYTES = 24;
    public static final int KPROBE_MULTI_COUNT = 24;
    public static final int UPROBE_MULTI_PATH_BYTES = 48;
    public static final int UPROBE_MULTI_COUNT = 52;
    public static final int PERF_TYPE = 16;
    public static final int PERF_NAME = 24;
    public static final int PERF_NAME_BYTES = 32;
    public static final int PERF_OFFSET = 36;

    private Info() {}
  }
}

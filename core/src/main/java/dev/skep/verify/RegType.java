package dev.skep.verify;

/** Base types of a register (enum bpf_reg_type) and their flags, as ints for the flat state. */
public final class RegType {
  public static final int NOT_INIT = 0;
  public static final int SCALAR = 1;
  public static final int CTX = 2;
  public static final int CONST_PTR_TO_MAP = 3;
  public static final int MAP_VALUE = 4;
  public static final int MAP_KEY = 5;
  public static final int STACK = 6;
  public static final int PACKET_META = 7;
  public static final int PACKET = 8;
  public static final int PACKET_END = 9;
  public static final int FLOW_KEYS = 10;
  public static final int SOCKET = 11;
  public static final int SOCK_COMMON = 12;
  public static final int TCP_SOCK = 13;
  public static final int TP_BUFFER = 14;
  public static final int XDP_SOCK = 15;
  public static final int BTF_ID = 16;
  public static final int MEM = 17;
  public static final int ARENA = 18;
  public static final int BUF = 19;
  public static final int FUNC = 20;
  public static final int DYNPTR = 21;

  /** Mask of the base type; flags lie above it. */
  public static final int BASE_MASK = 0xff;

  public static final int MAYBE_NULL = 1 << 8;
  public static final int MEM_RDONLY = 1 << 9;
  public static final int MEM_RINGBUF = 1 << 10;
  public static final int MEM_USER = 1 << 11;
  public static final int MEM_PERCPU = 1 << 12;
  public static final int MEM_RCU = 1 << 13;
  public static final int PTR_UNTRUSTED = 1 << 14;
  public static final int PTR_TRUSTED = 1 << 15;
  public static final int MEM_ALLOC = 1 << 16;
  public static final int NON_OWN_REF = 1 << 17;

  // Memory that is a slice of a dynptr of that type.
  public static final int DYNPTR_LOCAL = 1 << 18;
  public static final int DYNPTR_RINGBUF = 1 << 19;
  public static final int DYNPTR_SKB = 1 << 20;
  public static final int DYNPTR_XDP = 1 << 21;
  public static final int DYNPTR_SKB_META = 1 << 22;
  static final int ANY_DYNPTR =
      DYNPTR_LOCAL | DYNPTR_RINGBUF | DYNPTR_SKB | DYNPTR_XDP | DYNPTR_SKB_META;

  private RegType() {}

  public static int base(int type) {
    return type & BASE_MASK;
  }
}

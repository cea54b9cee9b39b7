package dev.skep.rewrite;

/**
 * Kernel functions that rewritten code calls and that are no helpers by number. In a {@link
 * RunnableProgram} a call (0x85, src 0) has as imm a helper's id below {@link #FIRST}, or {@link
 * #number} of one of these.
 */
public enum KernelFunction {
  HTAB_MAP_LOOKUP("__htab_map_lookup_elem"),
  ARRAY_MAP_LOOKUP("array_map_lookup_elem"),
  ARRAY_MAP_UPDATE("array_map_update_elem"),
  ARRAY_MAP_DELETE("array_map_delete_elem"),
  HTAB_MAP_UPDATE("htab_map_update_elem"),
  HTAB_MAP_DELETE("htab_map_delete_elem"),
  HTAB_PERCPU_MAP_UPDATE("htab_percpu_map_update_elem"),
  SKB_LOAD_8("bpf_skb_load_helper_8"),
  SKB_LOAD_16("bpf_skb_load_helper_16"),
  SKB_LOAD_32("bpf_skb_load_helper_32"),
  SKB_LOAD_8_NO_CACHE("bpf_skb_load_helper_8_no_cache"),
  SKB_LOAD_16_NO_CACHE("bpf_skb_load_helper_16_no_cache"),
  SKB_LOAD_32_NO_CACHE("bpf_skb_load_helper_32_no_cache"),
  SKB_PULL_DATA("bpf_skb_pull_data"),
  TIMED_MAY_GOTO("arch_bpf_timed_may_goto");

  /** Numbers from here on are kernel functions, below are helper ids. */
  public static final int FIRST = 4096;

  private final String symbol;

  KernelFunction(String symbol) {
    this.symbol = symbol;
  }

  /** The kernel's symbol. */
  public String symbol() {
    return symbol;
  }

  public int number() {
    return FIRST + ordinal();
  }

  /** The function of a call's imm; imm must be at least {@link #FIRST}. */
  public static KernelFunction ofNumber(int number) {
    return values()[number - FIRST];
  }
}

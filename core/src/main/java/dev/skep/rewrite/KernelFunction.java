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
  TIMED_MAY_GOTO("arch_bpf_timed_may_goto"),
  HTAB_LRU_MAP_UPDATE("htab_lru_map_update_elem"),
  HTAB_LRU_MAP_DELETE("htab_lru_map_delete_elem"),
  HTAB_LRU_PERCPU_MAP_LOOKUP("htab_lru_percpu_map_lookup_elem"),
  HTAB_LRU_PERCPU_MAP_UPDATE("htab_lru_percpu_map_update_elem"),
  HTAB_PERCPU_MAP_LOOKUP_PERCPU("htab_percpu_map_lookup_percpu_elem"),
  HTAB_LRU_PERCPU_MAP_LOOKUP_PERCPU("htab_lru_percpu_map_lookup_percpu_elem"),
  PERCPU_ARRAY_MAP_LOOKUP_PERCPU("percpu_array_map_lookup_percpu_elem"),
  TRIE_LOOKUP("trie_lookup_elem"),
  TRIE_UPDATE("trie_update_elem"),
  TRIE_DELETE("trie_delete_elem"),
  QUEUE_STACK_MAP_PUSH("queue_stack_map_push_elem"),
  QUEUE_MAP_POP("queue_map_pop_elem"),
  QUEUE_MAP_PEEK("queue_map_peek_elem"),
  STACK_MAP_POP("stack_map_pop_elem"),
  STACK_MAP_PEEK("stack_map_peek_elem"),
  BLOOM_MAP_PUSH("bloom_map_push_elem"),
  BLOOM_MAP_PEEK("bloom_map_peek_elem"),
  FOR_EACH_ARRAY_ELEM("bpf_for_each_array_elem"),
  FOR_EACH_HASH_ELEM("bpf_for_each_hash_elem"),
  DEV_MAP_LOOKUP("dev_map_lookup_elem"),
  DEV_MAP_HASH_LOOKUP("dev_map_hash_lookup_elem"),
  DEV_MAP_REDIRECT("dev_map_redirect"),
  DEV_HASH_MAP_REDIRECT("dev_hash_map_redirect"),
  CPU_MAP_REDIRECT("cpu_map_redirect"),
  XSK_MAP_REDIRECT("xsk_map_redirect"),
  SOCK_MAP_LOOKUP("sock_map_lookup"),
  SOCK_HASH_LOOKUP("sock_hash_lookup"),
  SOCK_MAP_DELETE("sock_map_delete_elem"),
  SOCK_HASH_DELETE("sock_hash_delete_elem"),
  BRANCH_SNAPSHOT("perf_snapshot_branch_stack"),
  TASK_STORAGE_GET_RECUR("bpf_task_storage_get_recur"),
  TASK_STORAGE_DELETE_RECUR("bpf_task_storage_delete_recur");

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

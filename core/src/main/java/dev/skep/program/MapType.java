package dev.skep.program;

/** Map types. The order is the kernel's numbering. */
public enum MapType {
  UNSPEC("unspec"),
  HASH("hash"),
  ARRAY("array"),
  PROG_ARRAY("prog_array"),
  PERF_EVENT_ARRAY("perf_event_array"),
  PERCPU_HASH("percpu_hash"),
  PERCPU_ARRAY("percpu_array"),
  STACK_TRACE("stack_trace"),
  CGROUP_ARRAY("cgroup_array"),
  LRU_HASH("lru_hash"),
  LRU_PERCPU_HASH("lru_percpu_hash"),
  LPM_TRIE("lpm_trie"),
  ARRAY_OF_MAPS("array_of_maps"),
  HASH_OF_MAPS("hash_of_maps"),
  DEVMAP("devmap"),
  SOCKMAP("sockmap"),
  CPUMAP("cpumap"),
  XSKMAP("xskmap"),
  SOCKHASH("sockhash"),
  CGROUP_STORAGE("cgroup_storage"),
  REUSEPORT_SOCKARRAY("reuseport_sockarray"),
  PERCPU_CGROUP_STORAGE("percpu_cgroup_storage"),
  QUEUE("queue"),
  STACK("stack"),
  SK_STORAGE("sk_storage"),
  DEVMAP_HASH("devmap_hash"),
  STRUCT_OPS("struct_ops"),
  RINGBUF("ringbuf"),
  INODE_STORAGE("inode_storage"),
  TASK_STORAGE("task_storage"),
  BLOOM_FILTER("bloom_filter"),
  USER_RINGBUF("user_ringbuf"),
  CGRP_STORAGE("cgrp_storage"),
  ARENA("arena");

  private static final MapType[] ALL = values();
  private final String text;

  MapType(String text) {
    this.text = text;
  }

  /** The name that libbpf and bpftool print. */
  public String text() {
    return text;
  }

  /** The number in enum bpf_map_type. */
  public int number() {
    return ordinal();
  }

  /** The constant of a kernel number, or null when Linux 6.18 has none. */
  public static @org.jspecify.annotations.Nullable MapType ofNumber(int number) {
    return number >= 0 && number < ALL.length ? ALL[number] : null;
  }

  /** The constant of a libbpf name, or null when there is none. */
  public static @org.jspecify.annotations.Nullable MapType ofText(String text) {
    for (MapType candidate : ALL) {
      if (candidate.text.equals(text)) {
        return candidate;
      }
    }
    return null;
  }
}

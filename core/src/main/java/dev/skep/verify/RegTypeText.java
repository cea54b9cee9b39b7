package dev.skep.verify;

import static dev.skep.verify.RegType.*;

/** How the log names a register's type (reg_type_str), for example "rdonly_mem_or_null". */
final class RegTypeText {
  private static final String[] BASE = {
    "?",
    "scalar",
    "ctx",
    "map_ptr",
    "map_value",
    "map_key",
    "fp",
    "pkt_meta",
    "pkt",
    "pkt_end",
    "flow_keys",
    "sock",
    "sock_common",
    "tcp_sock",
    "tp_buffer",
    "xdp_sock",
    "ptr_",
    "mem",
    "arena",
    "buf",
    "func",
    "dynptr_ptr"
  };

  private RegTypeText() {}

  static String of(int type) {
    int base = base(type);
    if (base == type) {
      return BASE[base];
    }
    StringBuilder text = new StringBuilder();
    flag(text, type, MEM_RDONLY, "rdonly_");
    flag(text, type, MEM_RINGBUF, "ringbuf_");
    flag(text, type, MEM_USER, "user_");
    flag(text, type, MEM_PERCPU, "percpu_");
    flag(text, type, MEM_RCU, "rcu_");
    flag(text, type, PTR_UNTRUSTED, "untrusted_");
    flag(text, type, PTR_TRUSTED, "trusted_");
    text.append(BASE[base]);
    flag(text, type, MAYBE_NULL, base == BTF_ID ? "or_null_" : "_or_null");
    return text.toString();
  }

  private static void flag(StringBuilder text, int type, int flag, String word) {
    if ((type & flag) != 0) {
      text.append(word);
    }
  }
}

package dev.skep.verify;

import java.util.Set;

/** What is known of hooks of security modules by their names, with "bpf_lsm_" in front. */
final class LsmHooks {
  static final String PREFIX = "bpf_lsm_";

  /** Hooks whose argument is being made or freed (untrusted_lsm_hooks). */
  private static final Set<String> UNTRUSTED =
      Set.of(
          "bpf_lsm_bpf_map_free",
          "bpf_lsm_bpf_prog_free",
          "bpf_lsm_file_alloc_security",
          "bpf_lsm_file_free_security",
          "bpf_lsm_sk_alloc_security",
          "bpf_lsm_sk_free_security",
          "bpf_lsm_task_free");

  /** Hooks that answer yes or no (bool_lsm_hooks); others return 0 or a negative errno. */
  private static final Set<String> BOOLEAN =
      Set.of(
          "bpf_lsm_audit_rule_known",
          "bpf_lsm_inode_xattr_skipcap",
          "bpf_lsm_xfrm_state_pol_flow_match");

  private LsmHooks() {}

  static boolean isBoolean(String hook) {
    return BOOLEAN.contains(hook);
  }

  /** bpf_lsm_is_trusted. */
  static boolean givesTrusted(String hook) {
    return !UNTRUSTED.contains(hook);
  }
}

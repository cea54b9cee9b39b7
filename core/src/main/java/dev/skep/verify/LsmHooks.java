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

  private LsmHooks() {}

  /** bpf_lsm_is_trusted. */
  static boolean givesTrusted(String hook) {
    return !UNTRUSTED.contains(hook);
  }
}

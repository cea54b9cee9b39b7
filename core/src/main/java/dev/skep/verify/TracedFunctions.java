package dev.skep.verify;

import java.util.Map;
import java.util.Set;

/**
 * What programs that trace functions of the kernel may do there, by the function's name, as Linux
 * 6.18 with its selftests' configuration has it.
 */
final class TracedFunctions {
  /** How system calls are called, by architecture. */
  private static final Set<String> SYSTEM_CALLS =
      Set.of("__x64_sys_", "__ia32_sys_", "__ia32_compat_sys_", "__arm64_sys_");

  /** Functions into which errors may be injected (ALLOW_ERROR_INJECTION), beside system calls. */
  private static final Set<String> INJECTABLE =
      Set.of(
          "__filemap_add_folio",
          "btrfs_cow_block",
          "btrfs_should_cancel_balance",
          "do_init_module",
          "open_ctree",
          "should_fail_alloc_page",
          "should_fail_bio",
          "should_failslab");

  /** Some of those are called where nothing may sleep (btf_non_sleepable_error_inject). */
  private static final Set<String> ATOMIC =
      Set.of("__filemap_add_folio", "should_fail_alloc_page", "should_failslab");

  /** Functions that say themselves that their result may be changed, and whether they may sleep. */
  private static final Map<String, Boolean> MODIFIABLE =
      Map.of(
          "bpf_fentry_test1", true,
          "bpf_modify_return_test", false,
          "bpf_modify_return_test2", false,
          "bpf_modify_return_test_tp", false,
          "update_socket_protocol", false);

  /** What tracing itself needs (btf_id_deny). */
  private static final Set<String> DENIED =
      Set.of(
          "___migrate_enable",
          "__rcu_read_lock",
          "__rcu_read_unlock",
          "migrate_disable",
          "migrate_enable",
          "preempt_count_add",
          "preempt_count_sub",
          "rcu_read_unlock_strict");

  /** Functions that do not return (noreturn_deny). */
  private static final Set<String> WITHOUT_RETURN =
      Set.of(
          "__ia32_sys_exit",
          "__ia32_sys_exit_group",
          "__kunit_abort",
          "__module_put_and_kthread_exit",
          "__x64_sys_exit",
          "__x64_sys_exit_group",
          "do_exit",
          "do_group_exit",
          "kthread_complete_and_exit",
          "kthread_exit",
          "kunit_try_catch_throw",
          "make_task_dead");

  private TracedFunctions() {}

  private static boolean isInjectable(String function) {
    return INJECTABLE.contains(function) || SYSTEM_CALLS.stream().anyMatch(function::startsWith);
  }

  /** Whether programs attached to the function may sleep. */
  static boolean maySleep(String function) {
    return isInjectable(function) && !ATOMIC.contains(function)
        || MODIFIABLE.getOrDefault(function, false);
  }

  /** Whether programs may change what the function returns (check_attach_modify_return). */
  static boolean isModifiable(String function) {
    return MODIFIABLE.containsKey(function)
        || function.startsWith("security_")
        || isInjectable(function);
  }

  /** Whether nothing may trace the function. */
  static boolean isDenied(String function) {
    return DENIED.contains(function);
  }

  /** Whether the function never returns. */
  static boolean neverReturns(String function) {
    return WITHOUT_RETURN.contains(function);
  }
}

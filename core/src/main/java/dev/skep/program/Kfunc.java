package dev.skep.program;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The kernel functions (kfuncs) that programs may call in Linux 6.18: flags (KF_*) and the types of
 * programs. Prototypes are not here: they come from the kernel's BTF. The types were measured by
 * loading one call of each in each type, the flags by what the verifier asks and says.
 *
 * @param name as in the kernel's BTF
 * @param flags one letter each, see the methods
 * @param types of programs that may call it, as a bit set
 */
public record Kfunc(String name, String flags, long types) {
  /** Name, flags ("-" for none), types. */
  private static final String TABLE =
      """
      __bpf_trap - 1efeffffe
      bbr_cwnd_event - 8000000
      bbr_init - 8000000
      bbr_main - 8000000
      bbr_min_tso_segs - 8000000
      bbr_set_state - 8000000
      bbr_sndbuf_expand - 8000000
      bbr_ssthresh - 8000000
      bbr_undo_cwnd - 8000000
      bpf_arena_alloc_pages ts 1efeffffe
      bpf_arena_free_pages ts 1efeffffe
      bpf_arena_reserve_pages ts 1efeffffe
      bpf_cast_to_kern_ctx f 1efeffffe
      bpf_cgroup_acquire aun ae84a3e8
      bpf_cgroup_ancestor aun ae84a3e8
      bpf_cgroup_from_id an ae84a3e8
      bpf_cgroup_read_xattr u 1efeffffe
      bpf_cgroup_release r ae84a3e8
      bpf_copy_from_user_dynptr s 1efeffffe
      bpf_copy_from_user_str s 1efeffffe
      bpf_copy_from_user_str_dynptr s 1efeffffe
      bpf_copy_from_user_task_dynptr ts 1efeffffe
      bpf_copy_from_user_task_str s 1efeffffe
      bpf_copy_from_user_task_str_dynptr ts 1efeffffe
      bpf_cpumask_acquire at ac0000a0
      bpf_cpumask_and u ac0000a0
      bpf_cpumask_any_and_distribute u ac0000a0
      bpf_cpumask_any_distribute u ac0000a0
      bpf_cpumask_clear u ac0000a0
      bpf_cpumask_clear_cpu u ac0000a0
      bpf_cpumask_copy u ac0000a0
      bpf_cpumask_create an ac0000a0
      bpf_cpumask_empty u ac0000a0
      bpf_cpumask_equal u ac0000a0
      bpf_cpumask_first u ac0000a0
      bpf_cpumask_first_and u ac0000a0
      bpf_cpumask_first_zero u ac0000a0
      bpf_cpumask_full u ac0000a0
      bpf_cpumask_intersects u ac0000a0
      bpf_cpumask_or u ac0000a0
      bpf_cpumask_populate u ac0000a0
      bpf_cpumask_release r ac0000a0
      bpf_cpumask_set_cpu u ac0000a0
      bpf_cpumask_setall u ac0000a0
      bpf_cpumask_subset u ac0000a0
      bpf_cpumask_test_and_clear_cpu u ac0000a0
      bpf_cpumask_test_and_set_cpu u ac0000a0
      bpf_cpumask_test_cpu u ac0000a0
      bpf_cpumask_weight u ac0000a0
      bpf_cpumask_xor u ac0000a0
      bpf_crypto_ctx_acquire aun 80000000
      bpf_crypto_ctx_create ans 80000000
      bpf_crypto_ctx_release r 80000000
      bpf_crypto_decrypt u 58
      bpf_crypto_encrypt u 58
      bpf_ct_change_status t 48
      bpf_ct_change_timeout t 48
      bpf_ct_insert_entry arn 48
      bpf_ct_release r 48
      bpf_ct_set_nat_info t 48
      bpf_ct_set_status t 48
      bpf_ct_set_timeout t 48
      bpf_dynptr_adjust - 1efeffffe
      bpf_dynptr_clone - 1efeffffe
      bpf_dynptr_copy - 1efeffffe
      bpf_dynptr_from_skb t 12e8cffba
      bpf_dynptr_from_skb_meta t 18
      bpf_dynptr_from_xdp - 40
      bpf_dynptr_is_null - 1efeffffe
      bpf_dynptr_is_rdonly - 1efeffffe
      bpf_dynptr_memset - 1efeffffe
      bpf_dynptr_size - 1efeffffe
      bpf_dynptr_slice n 1efeffffe
      bpf_dynptr_slice_rdwr n 1efeffffe
      bpf_get_dentry_xattr ts 20000000
      bpf_get_file_xattr ts 20000000
      bpf_get_kmem_cache - 1efeffffe
      bpf_get_task_exe_file ant 20000000
      bpf_iter_bits_destroy y 1efeffffe
      bpf_iter_bits_new i 1efeffffe
      bpf_iter_bits_next xn 1efeffffe
      bpf_iter_css_destroy y 1efeffffe
      bpf_iter_css_new itp 1efeffffe
      bpf_iter_css_next xn 1efeffffe
      bpf_iter_css_task_destroy y 1efeffffe
      bpf_iter_css_task_new it 1efeffffe
      bpf_iter_css_task_next xn 1efeffffe
      bpf_iter_dmabuf_destroy ys 1efeffffe
      bpf_iter_dmabuf_new is 1efeffffe
      bpf_iter_dmabuf_next xns 1efeffffe
      bpf_iter_kmem_cache_destroy ys 1efeffffe
      bpf_iter_kmem_cache_new is 1efeffffe
      bpf_iter_kmem_cache_next xns 1efeffffe
      bpf_iter_num_destroy y 1efeffffe
      bpf_iter_num_new i 1efeffffe
      bpf_iter_num_next xn 1efeffffe
      bpf_iter_task_destroy y 1efeffffe
      bpf_iter_task_new itp 1efeffffe
      bpf_iter_task_next xn 1efeffffe
      bpf_iter_task_vma_destroy y 1efeffffe
      bpf_iter_task_vma_new iu 1efeffffe
      bpf_iter_task_vma_next xn 1efeffffe
      bpf_key_put r ae84a3e8
      bpf_kfunc_call_memb_release r ac0000a8
      bpf_kfunc_call_test_release r ac0000a8
      bpf_list_back n ae84a3e8
      bpf_list_front n ae84a3e8
      bpf_list_pop_back an ae84a3e8
      bpf_list_pop_front an ae84a3e8
      bpf_list_push_back_impl - ae84a3e8
      bpf_list_push_front_impl - ae84a3e8
      bpf_local_irq_restore - 1efeffffe
      bpf_local_irq_save - 1efeffffe
      bpf_lookup_system_key an ae84a3e8
      bpf_lookup_user_key ans ae84a3e8
      bpf_map_sum_elem_count t 1efeffffe
      bpf_modify_return_test_tp - 1efeffffe
      bpf_obj_drop_impl r ae84a3e8
      bpf_obj_new_impl an ae84a3e8
      bpf_path_d_path t 20000000
      bpf_percpu_obj_drop_impl r ae84a3e8
      bpf_percpu_obj_new_impl an ae84a3e8
      bpf_preempt_disable - 1efeffffe
      bpf_preempt_enable - 1efeffffe
      bpf_probe_read_kernel_dynptr - 1efeffffe
      bpf_probe_read_kernel_str_dynptr - 1efeffffe
      bpf_probe_read_user_dynptr - 1efeffffe
      bpf_probe_read_user_str_dynptr - 1efeffffe
      bpf_put_file r 20000000
      bpf_rbtree_add_impl - ae84a3e8
      bpf_rbtree_first n ae84a3e8
      bpf_rbtree_left n ae84a3e8
      bpf_rbtree_remove an ae84a3e8
      bpf_rbtree_right n ae84a3e8
      bpf_rbtree_root n ae84a3e8
      bpf_rcu_read_lock - 1efeffffe
      bpf_rcu_read_unlock - 1efeffffe
      bpf_rdonly_cast f 1efeffffe
      bpf_refcount_acquire_impl aun ae84a3e8
      bpf_remove_dentry_xattr ts 20000000
      bpf_res_spin_lock - 1efeffffe
      bpf_res_spin_lock_irqsave - 1efeffffe
      bpf_res_spin_unlock - 1efeffffe
      bpf_res_spin_unlock_irqrestore - 1efeffffe
      bpf_send_signal_task t ae84a3e8
      bpf_session_cookie - 4
      bpf_session_is_return - 4
      bpf_set_dentry_xattr ts 20000000
      bpf_sk_assign_tcp_reqsk t 8
      bpf_skb_ct_alloc an 48
      bpf_skb_ct_lookup an 48
      bpf_sock_addr_set_sun_path - 284a300
      bpf_sock_destroy t 240000a0
      bpf_sock_ops_enable_tx_tstamp t 284a300
      bpf_strcasecmp - 1efeffffe
      bpf_strchr - 1efeffffe
      bpf_strchrnul - 1efeffffe
      bpf_strcmp - 1efeffffe
      bpf_strcspn - 1efeffffe
      bpf_stream_vprintk_impl t 1efeffffe
      bpf_strlen - 1efeffffe
      bpf_strnchr - 1efeffffe
      bpf_strnlen - 1efeffffe
      bpf_strnstr - 1efeffffe
      bpf_strrchr - 1efeffffe
      bpf_strspn - 1efeffffe
      bpf_strstr - 1efeffffe
      bpf_task_acquire aun ae84a3e8
      bpf_task_from_pid an ae84a3e8
      bpf_task_from_vpid an ae84a3e8
      bpf_task_get_cgroup1 aun ae84a3e8
      bpf_task_release r ae84a3e8
      bpf_task_under_cgroup u ae84a3e8
      bpf_task_work_schedule_resume_impl t 1efeffffe
      bpf_task_work_schedule_signal_impl t 1efeffffe
      bpf_throw - ae84a3e8
      bpf_wq_init - 1efeffffe
      bpf_wq_set_callback_impl - 1efeffffe
      bpf_wq_start - 1efeffffe
      bpf_xdp_ct_alloc an 48
      bpf_xdp_ct_lookup an 48
      bpf_xdp_get_xfrm_state an 40
      bpf_xdp_metadata_rx_hash t 1efeffffe
      bpf_xdp_metadata_rx_timestamp t 1efeffffe
      bpf_xdp_metadata_rx_vlan_tag t 1efeffffe
      bpf_xdp_pull_data - 40
      bpf_xdp_xfrm_state_release r 40
      css_rstat_flush s 2c0000a0
      css_rstat_updated - 2c0000a0
      cubictcp_acked - 8000000
      cubictcp_cong_avoid - 8000000
      cubictcp_cwnd_event - 8000000
      cubictcp_init - 8000000
      cubictcp_recalc_ssthresh - 8000000
      cubictcp_state - 8000000
      tcp_cong_avoid_ai - 8000000
      tcp_reno_cong_avoid - 8000000
      tcp_reno_ssthresh - 8000000
      tcp_reno_undo_cwnd - 8000000
      tcp_slow_start - 8000000
      """;

  private static final Map<String, Kfunc> ALL = new HashMap<>();

  static {
    TABLE
        .lines()
        .forEach(line -> {
          String[] field = line.strip().split(" ", -1);
          ALL.put(field[0], new Kfunc(field[0], field[1], Long.parseUnsignedLong(field[2], 16)));
        });
  }

  /** The kfunc of that name, or null if programs may call none. */
  public static @Nullable Kfunc ofName(String name) {
    return ALL.get(name);
  }

  /** Whether programs of a type may call it. */
  public boolean isAllowed(ProgramType type) {
    return (types >>> type.number() & 1) != 0;
  }

  /** Whether programs of a type may call it at an attach type. */
  public boolean isAllowed(ProgramType type, int attachType) {
    if (!isAllowed(type)) {
      return false;
    }
    return switch (name) {
      case "bpf_session_cookie", "bpf_session_is_return" ->
          attachType == AttachType.TRACE_KPROBE_SESSION.number()
              || attachType == AttachType.TRACE_UPROBE_SESSION.number();
      case "bpf_sock_destroy" -> attachType == AttachType.TRACE_ITER.number();
      default -> true;
    };
  }

  private boolean has(char flag) {
    return flags.indexOf(flag) >= 0;
  }

  /** Its result holds a reference (KF_ACQUIRE). */
  public boolean acquires() {
    return has('a');
  }

  /** It gives a reference back (KF_RELEASE). */
  public boolean releases() {
    return has('r');
  }

  /** Its result may be null (KF_RET_NULL). */
  public boolean mayReturnNull() {
    return has('n');
  }

  /** It takes only pointers that are known to be valid (KF_TRUSTED_ARGS, and all that release). */
  public boolean trustedArguments() {
    return has('t') || has('r');
  }

  /** It may sleep (KF_SLEEPABLE). */
  public boolean sleeps() {
    return has('s');
  }

  /** It takes pointers that are valid for a grace period (KF_RCU). */
  public boolean rcuArguments() {
    return has('u');
  }

  /** What it returns is valid for a grace period only (KF_RCU_PROTECTED). */
  public boolean rcuProtected() {
    return has('p');
  }

  /** It keeps the registers that are no arguments (KF_FASTCALL). */
  public boolean isFastcall() {
    return has('f');
  }

  /** It begins an iteration (KF_ITER_NEW). */
  public boolean beginsIteration() {
    return has('i');
  }

  /** It takes the next step of an iteration (KF_ITER_NEXT). */
  public boolean stepsIteration() {
    return has('x');
  }

  /** It ends an iteration (KF_ITER_DESTROY). */
  public boolean endsIteration() {
    return has('y');
  }

  /** It runs a callback before it returns. */
  public boolean callsCallback() {
    return name.equals("bpf_rbtree_add_impl");
  }

  /** It runs a callback some time after it returned. */
  public boolean callsAsyncCallback() {
    return name.equals("bpf_wq_set_callback_impl")
        || name.equals("bpf_task_work_schedule_resume_impl")
        || name.equals("bpf_task_work_schedule_signal_impl");
  }

  /** Packet pointers are worthless after the call. */
  public boolean changesPacketData() {
    return name.equals("bpf_xdp_pull_data");
  }
}

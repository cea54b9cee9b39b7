package dev.skep.program;

import org.jspecify.annotations.Nullable;

/**
 * The helper functions of Linux 6.18: names (enum bpf_func_id), number of arguments, and the types
 * of programs that may call them. Measured by loading one call of each in each type.
 */
public final class Helpers {
  /** One more than the greatest helper number (__BPF_FUNC_MAX_ID). */
  public static final int COUNT = 212;

  public static final int TAIL_CALL = 12;
  public static final int GET_CGROUP_CLASSID = 17;
  private static final int SETSOCKOPT = 49;
  private static final int GETSOCKOPT = 57;
  private static final int BIND = 64;
  private static final int GET_RETVAL = 186;
  private static final int SET_RETVAL = 187;

  /** Number, name, arguments ("-" where no measured type may call it), types as a bit set. */
  private static final String TABLE =
      """
      0 unspec - 0
      1 map_lookup_elem 2 1c3effffe
      2 map_update_elem 4 1c3effffe
      3 map_delete_elem 2 1c3effffe
      4 probe_read 3 810200a4
      5 ktime_get_ns 0 1c3effffe
      6 trace_printk 2 1c3effffe
      7 get_prandom_u32 0 1c3effffe
      8 get_smp_processor_id 0 1c3effffe
      9 skb_store_bytes 5 5018
      10 l3_csum_replace 5 1018
      11 l4_csum_replace 5 1018
      12 tail_call 3 1c3effffe
      13 clone_redirect 3 1018
      14 get_current_pid_tgid 0 1c3effffe
      15 get_current_uid_gid 0 1c3effffe
      16 get_current_comm 2 1c3effffe
      17 get_cgroup_classid 0 1c3effffe
      18 skb_vlan_push 3 18
      19 skb_vlan_pop 1 18
      20 skb_get_tunnel_key 4 1018
      21 skb_set_tunnel_key 4 1018
      22 perf_event_read 2 1c3effffe
      23 redirect 2 1058
      24 get_route_realm 1 81c18
      25 perf_event_output 5 c38ffffe
      26 skb_load_bytes 4 685d1a
      27 get_stackid 3 810200a4
      28 csum_diff 5 81c58
      29 skb_get_tunnel_opt 3 1018
      30 skb_set_tunnel_opt 3 1018
      31 skb_change_proto 3 18
      32 skb_change_type 2 18
      33 skb_under_cgroup 3 81c18
      34 get_hash_recalc 1 81c18
      35 get_current_task 0 1c3effffe
      36 probe_write_user - 0
      37 current_task_under_cgroup 2 1c3effffe
      38 skb_change_tail 3 5018
      39 skb_pull_data 2 85c18
      40 csum_update 2 1018
      41 set_hash_invalid 1 1018
      42 get_numa_node_id 0 1c3effffe
      43 skb_change_head 3 5018
      44 xdp_adjust_head 2 40
      45 probe_read_str 3 810200a4
      46 get_socket_cookie 1 8024631a
      47 get_socket_uid 1 411a
      48 set_hash 2 18
      49 setsockopt 5 2042000
      50 skb_adjust_room 4 4018
      51 redirect_map 3 40
      52 sk_redirect_map 4 4000
      53 sock_map_update 4 2000
      54 xdp_adjust_meta 2 40
      55 perf_event_read_value 4 1c3effffe
      56 perf_prog_read_value 3 80
      57 getsockopt 5 2042000
      58 override_return - 0
      59 sock_ops_cb_flags_set 2 2000
      60 msg_redirect_map 4 10000
      61 msg_apply_bytes 2 10000
      62 msg_cork_bytes 2 10000
      63 msg_pull_data 4 10000
      64 bind 3 40000
      65 xdp_adjust_tail 2 40
      66 skb_get_xfrm_state 5 18
      67 get_stack 4 810200a4
      68 skb_load_bytes_relative 5 20011a
      69 fib_lookup 4 58
      70 sock_hash_update 4 2000
      71 msg_redirect_hash 4 10000
      72 sk_redirect_hash 4 4000
      73 lwt_push_encap 4 1400
      74 lwt_seg6_store_bytes 4 80000
      75 lwt_seg6_adjust_srh 3 80000
      76 lwt_seg6_action 4 80000
      77 rc_repeat - 0
      78 rc_keydown - 0
      79 skb_cgroup_id 1 118
      80 get_current_cgroup_id 0 1c3effffe
      81 get_local_storage 2 284a300
      82 sk_select_reuseport 4 200000
      83 skb_ancestor_cgroup_id 2 118
      84 sk_lookup_tcp 5 44158
      85 sk_lookup_udp 5 44158
      86 sk_release 1 40044158
      87 map_push_elem 3 1c3effffe
      88 map_pop_elem 2 1c3effffe
      89 map_peek_elem 2 1c3effffe
      90 msg_push_data 4 10000
      91 msg_pop_data 4 10000
      92 rc_pointer_rel - 0
      93 spin_lock 1 1c3effffe
      94 spin_unlock 1 1c3effffe
      95 sk_fullsock 1 118
      96 tcp_sock 1 2002118
      97 skb_ecn_set_ce 1 118
      98 get_listener_sock 1 118
      99 skc_lookup_tcp 5 44158
      100 tcp_check_syncookie 5 58
      101 sysctl_get_name 4 800000
      102 sysctl_get_current_value 3 800000
      103 sysctl_get_new_value 3 800000
      104 sysctl_set_new_value 3 800000
      105 strtol 4 1c3effffe
      106 strtoul 4 1c3effffe
      107 sk_storage_get 4 82052318
      108 sk_storage_delete 2 82052118
      109 send_signal 1 1c3effffe
      110 tcp_gen_syncookie 5 58
      111 skb_output 5 80000000
      112 probe_read_user 3 1c3effffe
      113 probe_read_kernel 3 1c3effffe
      114 probe_read_user_str 3 1c3effffe
      115 probe_read_kernel_str 3 1c3effffe
      116 tcp_send_ack 2 0
      117 send_signal_thread 1 1c3effffe
      118 jiffies64 0 1c3effffe
      119 read_branch_records 4 80
      120 get_ns_current_pid_tgid 4 1c3effffe
      121 xdp_output 5 80000000
      122 get_netns_cookie 1 205231a
      123 get_current_ancestor_cgroup_id 1 1c3effffe
      124 sk_assign 3 40000018
      125 ktime_get_boot_ns 0 1c3effffe
      126 seq_printf 5 0
      127 seq_write 3 0
      128 sk_cgroup_id 1 100
      129 sk_ancestor_cgroup_id 2 100
      130 ringbuf_output 4 1c3effffe
      131 ringbuf_reserve 3 1c3effffe
      132 ringbuf_submit 2 1c3effffe
      133 ringbuf_discard 2 1c3effffe
      134 ringbuf_query 2 1c3effffe
      135 csum_level 2 1018
      136 skc_to_tcp6_sock 1 c04d7d5a
      137 skc_to_tcp_sock 1 c04d7d5a
      138 skc_to_tcp_timewait_sock 1 c04d7d5a
      139 skc_to_tcp_request_sock 1 c04d7d5a
      140 skc_to_udp6_sock 1 c04d7d5a
      141 get_task_stack 4 1c3effffe
      142 load_hdr_opt 4 2000
      143 store_hdr_opt 4 2000
      144 reserve_hdr_opt 3 2000
      145 inode_storage_get 4 0
      146 inode_storage_delete 2 0
      147 d_path 3 80000000
      148 copy_from_user 3 1c3effffe
      149 snprintf_btf 5 1c3effffe
      150 seq_printf_btf 4 0
      151 skb_cgroup_classid 1 18
      152 redirect_neigh 4 18
      153 per_cpu_ptr 2 1c3effffe
      154 this_cpu_ptr 1 1c3effffe
      155 redirect_peer 2 18
      156 task_storage_get 4 1c3effffe
      157 task_storage_delete 2 1c3effffe
      158 get_current_task_btf 0 1c3effffe
      159 bprm_opts_set 2 0
      160 ktime_get_coarse_ns 0 40ed7f5a
      161 ima_inode_hash 3 0
      162 sock_from_file 1 80000000
      163 check_mtu 5 58
      164 for_each_map_elem 4 1c3effffe
      165 snprintf 5 1c3effffe
      166 sys_bpf 3 80000000
      167 btf_find_by_name_kind 4 80000000
      168 sys_close 1 80000000
      169 timer_init 3 1c3effffe
      170 timer_set_callback 2 1c3effffe
      171 timer_start 3 1c3effffe
      172 timer_cancel 1 1c3effffe
      173 get_func_ip 1 810200a4
      174 get_attach_cookie 1 10200a4
      175 task_pt_regs 1 1c3effffe
      176 get_branch_snapshot 2 1c3effffe
      177 trace_vprintk 4 1c3effffe
      178 skc_to_unix_sock 1 c04d7d5a
      179 kallsyms_lookup_name 4 80000000
      180 find_vma 5 1c3effffe
      181 loop 4 1c3effffe
      182 strncmp 3 1c3effffe
      183 get_func_arg 3 0
      184 get_func_ret 2 0
      185 get_func_arg_cnt 1 0
      186 get_retval 0 2848200
      187 set_retval 1 2848200
      188 xdp_get_buff_len 1 80000040
      189 xdp_load_bytes 4 40
      190 xdp_store_bytes 4 40
      191 copy_from_user_task 5 1c3effffe
      192 skb_set_tstamp 3 18
      193 ima_file_hash 3 0
      194 kptr_xchg 2 1c3effffe
      195 map_lookup_percpu_elem 3 1c3effffe
      196 skc_to_mptcp_sock 1 c04d7d5a
      197 dynptr_from_mem 4 1c3effffe
      198 ringbuf_reserve_dynptr 4 1c3effffe
      199 ringbuf_submit_dynptr 2 1c3effffe
      200 ringbuf_discard_dynptr 2 1c3effffe
      201 dynptr_read 5 1c3effffe
      202 dynptr_write 5 1c3effffe
      203 dynptr_data 3 1c3effffe
      204 tcp_raw_gen_syncookie_ipv4 3 58
      205 tcp_raw_gen_syncookie_ipv6 3 58
      206 tcp_raw_check_syncookie_ipv4 2 58
      207 tcp_raw_check_syncookie_ipv6 2 58
      208 ktime_get_tai_ns 0 1c3effffe
      209 user_ringbuf_drain 4 1c3effffe
      210 cgrp_storage_get 4 1c3effffe
      211 cgrp_storage_delete 2 1c3effffe
      """;

  /** Types for which the table was measured; of others nothing is known. */
  private static final long MEASURED = 0x1c3effffeL;

  private static final String[] NAMES = new String[COUNT];
  private static final byte[] PARAMETERS = new byte[COUNT];
  private static final long[] TYPES = new long[COUNT];

  static {
    TABLE.lines().forEach(Helpers::row);
  }

  private Helpers() {}

  private static void row(String line) {
    String[] field = line.strip().split(" ", -1);
    int id = Integer.parseInt(field[0]);
    NAMES[id] = "bpf_" + field[1];
    PARAMETERS[id] = (byte) (field[2].equals("-") ? 5 : Integer.parseInt(field[2]));
    TYPES[id] = Long.parseUnsignedLong(field[3], 16);
  }

  /** The name as the kernel prints it, "bpf_map_lookup_elem", or null for no helper. */
  public static @Nullable String name(int id) {
    return id >= 0 && id < COUNT ? NAMES[id] : null;
  }

  /** Whether the set of helpers of a program type is known. */
  public static boolean isMeasured(ProgramType type) {
    return (MEASURED >>> type.number() & 1) != 0;
  }

  /**
   * Whether programs of the type may call the helper, as far as the type alone decides (attach
   * type, license and capabilities may still forbid it).
   */
  public static boolean isAllowed(int id, ProgramType type) {
    return id >= 0 && id < COUNT && (TYPES[id] >>> type.number() & 1) != 0;
  }

  /** Whether programs of the type may call the helper at an attach type. */
  public static boolean isAllowed(int id, ProgramType type, int attachType) {
    if (!isAllowed(id, type)) {
      return false;
    }
    AttachType attach = AttachType.ofNumber(attachType);
    if (type == ProgramType.CGROUP_SOCKOPT && (id == SETSOCKOPT || id == GETSOCKOPT)) {
      return attach == AttachType.CGROUP_SETSOCKOPT;
    }
    if (id == BIND && type == ProgramType.CGROUP_SOCK_ADDR) {
      return attach == AttachType.CGROUP_INET4_CONNECT || attach == AttachType.CGROUP_INET6_CONNECT;
    }
    if (id != GET_RETVAL && id != SET_RETVAL || attach == null || type == ProgramType.LSM) {
      return true;
    }
    return switch (attach) {
      case CGROUP_INET_INGRESS,
          CGROUP_INET_EGRESS,
          CGROUP_SOCK_OPS,
          CGROUP_UDP4_RECVMSG,
          CGROUP_UDP6_RECVMSG,
          CGROUP_UNIX_RECVMSG,
          CGROUP_INET4_GETPEERNAME,
          CGROUP_INET6_GETPEERNAME,
          CGROUP_UNIX_GETPEERNAME,
          CGROUP_INET4_GETSOCKNAME,
          CGROUP_INET6_GETSOCKNAME,
          CGROUP_UNIX_GETSOCKNAME ->
          false;
      default -> true;
    };
  }

  /** How many of r1..r5 the helper takes in programs of a type that may call it. */
  public static int parameters(int id, ProgramType type) {
    // Traffic classifiers pass the packet, everyone else asks for the current task.
    if (id == GET_CGROUP_CLASSID) {
      return switch (type) {
        case SCHED_CLS, SCHED_ACT, LWT_IN, LWT_OUT, LWT_XMIT, LWT_SEG6LOCAL -> 1;
        default -> 0;
      };
    }
    return PARAMETERS[id];
  }

  /** Whether the helper returns nothing (RET_VOID). */
  public static boolean returnsVoid(int id) {
    return switch (id) {
      case TAIL_CALL, 93, 94, 132, 133, 199, 200 -> true;
      default -> false;
    };
  }

  /** Whether the helper can sleep (might_sleep of its prototype). */
  public static boolean mightSleep(int id) {
    return switch (id) {
      case 148, 161, 191, 193 -> true;
      default -> false;
    };
  }

  /**
   * Whether packet pointers are worthless after the call (bpf_helper_changes_pkt_data). A tail call
   * counts, for what it jumps to may do so.
   */
  public static boolean changesPacketData(int id) {
    return switch (id) {
      case 9,
          10,
          11,
          TAIL_CALL,
          13,
          18,
          19,
          31,
          38,
          39,
          43,
          44,
          50,
          54,
          63,
          65,
          73,
          74,
          75,
          76,
          90,
          91,
          143 ->
          true;
      default -> false;
    };
  }

  /**
   * Whether a callback runs before the helper returns (for_each_map_elem, find_vma, loop, drain).
   */
  public static boolean callsCallback(int id) {
    return switch (id) {
      case 164, 180, 181, 209 -> true;
      default -> false;
    };
  }

  /** Whether a callback runs some time after the helper returned (timer_set_callback). */
  public static boolean callsAsyncCallback(int id) {
    return id == 170;
  }

  /**
   * Whether the call keeps the registers that are no arguments when it is inlined, so that spills
   * around it may go (bpf_fastcall with the x86-64 JIT).
   */
  public static boolean isFastcall(int id, ProgramType type) {
    if (id != 8) {
      return false;
    }
    // Other types get the variant that does not check preemption, which is not inlined.
    return switch (type) {
      case KPROBE, TRACEPOINT, PERF_EVENT, RAW_TRACEPOINT, RAW_TRACEPOINT_WRITABLE, TRACING -> true;
      case SCHED_CLS, SCHED_ACT, XDP, LWT_IN, LWT_OUT, LWT_XMIT, LWT_SEG6LOCAL, SYSCALL -> true;
      default -> false;
    };
  }
}

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

  /** Hooks whose programs may sleep (sleepable_lsm_hooks), without the prefix. */
  private static final Set<String> SLEEPABLE =
      names(
          """
          bpf bpf_map bpf_map_create bpf_map_free bpf_prog bpf_prog_free bpf_prog_load
          bpf_token_capable bpf_token_cmd bpf_token_create bpf_token_free bprm_check_security
          bprm_committed_creds bprm_committing_creds bprm_creds_for_exec bprm_creds_from_file
          capget capset cred_prepare file_ioctl file_lock file_open file_post_open file_receive
          inet_conn_established inode_create inode_free_security inode_getattr inode_getxattr
          inode_mknod inode_need_killpriv inode_post_removexattr inode_post_setxattr
          inode_readlink inode_removexattr inode_rename inode_rmdir inode_setattr inode_setxattr
          inode_symlink inode_unlink kernel_module_request kernel_read_file kernfs_init_security
          mmap_file netlink_send path_chmod path_chown path_link path_mkdir path_notify
          path_rename path_rmdir path_symlink path_truncate path_unlink release_secctx
          sb_alloc_security sb_eat_lsm_opts sb_kern_mount sb_mount sb_remount sb_set_mnt_opts
          sb_show_options sb_statfs sb_umount settime socket_accept socket_bind socket_connect
          socket_create socket_getpeername socket_getpeersec_dgram socket_getsockname
          socket_getsockopt socket_listen socket_post_create socket_recvmsg socket_sendmsg
          socket_shutdown socket_socketpair syslog task_alloc task_prctl task_setscheduler
          task_to_inode userns_create
          """);

  /** Hooks that no program may take (bpf_lsm_disabled_hooks), without the prefix. */
  private static final Set<String> DISABLED =
      names(
          """
          audit_rule_match getprocattr getselfattr inode_copy_up_xattr inode_getsecurity
          inode_listsecurity inode_need_killpriv ismaclabel key_getsecurity setprocattr
          vm_enough_memory
          """);

  private LsmHooks() {}

  private static Set<String> names(String text) {
    return Set.of(text.strip().split("\\s+", -1));
  }

  /** bpf_lsm_is_sleepable_hook. */
  static boolean maySleep(String hook) {
    return hook.startsWith(PREFIX) && SLEEPABLE.contains(hook.substring(PREFIX.length()));
  }

  static boolean isDisabled(String hook) {
    return hook.startsWith(PREFIX) && DISABLED.contains(hook.substring(PREFIX.length()));
  }

  static boolean isBoolean(String hook) {
    return BOOLEAN.contains(hook);
  }

  /** bpf_lsm_is_trusted. */
  static boolean givesTrusted(String hook) {
    return !UNTRUSTED.contains(hook);
  }
}

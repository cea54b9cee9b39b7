package dev.skep.engine;

/**
 * What is attached where.
 *
 * @param type the name of the kind that bpftool prints, as in "xdp", "tcx", "perf_event", "cgroup";
 *     attachments that are no links of the kernel have names of their own: "xdp_netlink",
 *     "tc_filter", "perf_event_ioctl", "cgroup_attach", "sockmap_attach"
 * @param id the link's number, 0 for what is no link of the kernel
 * @param programId the number of the program that is attached now, 0 where it is not known
 * @param target the place, as in "ifindex 4" or "cgroup 17"
 */
public record LinkInfo(String type, int id, int programId, String target) {}

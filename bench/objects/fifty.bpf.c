// SPDX-License-Identifier: Apache-2.0
// Fifty programs of ten types, each parsing, looking up and looping a little differently: what a cold start verifies.
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c fifty.bpf.c -o fifty.bpf.o && llvm-strip-19 -g fifty.bpf.o
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

struct flow {
	__u32 source;
	__u32 target;
	__u16 ports[2];
	__u32 protocol;
};

struct count {
	__u64 packets;
	__u64 bytes;
	__u64 last;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct flow);
	__type(value, struct count);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct count);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

const volatile __u32 limit = 16;
__u64 seen[64];

static __always_inline int count(__u32 index, __u64 bytes)
{
	struct count *value = bpf_map_lookup_elem(&counts, &index);

	if (!value)
		return 0;
	value->packets++;
	value->bytes += bytes;
	value->last = bpf_ktime_get_ns();
	return value->packets > limit;
}

static __noinline int event(__u32 kind, struct flow *flow)
{
	struct flow *record;

	if (!flow)
		return 0;
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record)
		return -1;
	*record = *flow;
	record->protocol += kind;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

static __always_inline int parse(void *data, void *end, struct flow *flow, __u32 options)
{
	struct ethhdr *eth = data;
	struct udphdr *udp;

	if ((void *)(eth + 1) > end)
		return -1;
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = (void *)(eth + 1);

		if ((void *)(ip + 1) > end || ip->version != 4)
			return -1;
		flow->source = ip->saddr;
		flow->target = ip->daddr;
		flow->protocol = ip->protocol;
		udp = (void *)ip + ip->ihl * 4;
	} else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = (void *)(eth + 1);

		if ((void *)(ip + 1) > end)
			return -1;
		for (__u32 i = 0; i < 4; i++) {
			flow->source ^= ip->saddr.in6_u.u6_addr32[i];
			flow->target ^= ip->daddr.in6_u.u6_addr32[i];
		}
		flow->protocol = ip->nexthdr;
		udp = (void *)(ip + 1);
	} else {
		return 0;
	}
	for (__u32 i = 0; i < options; i++) {
		__u8 *byte = (void *)udp + i;

		if ((void *)(byte + 1) > end)
			return 0;
		flow->protocol += *byte << (i & 7);
	}
	if ((void *)(udp + 1) > end)
		return 0;
	flow->ports[0] = udp->source;
	flow->ports[1] = udp->dest;
	return 1;
}

static __always_inline int packet(void *data, void *end, __u32 n)
{
	struct flow flow = {};
	struct count *known, fresh = {};
	int found = parse(data, end, &flow, n & 7);

	if (found < 0)
		return count(n, 0);
	known = bpf_map_lookup_elem(&flows, &flow);
	if (known) {
		__sync_fetch_and_add(&known->packets, 1);
		if (known->packets % (n + 1) == 0)
			event(n, &flow);
		return count(n, end - data);
	}
	fresh.packets = found;
	bpf_map_update_elem(&flows, &flow, &fresh, BPF_NOEXIST);
	return 0;
}

static __always_inline int trace(__u64 value, __u32 n)
{
	struct flow flow = { .source = value, .protocol = n };
	__u32 most = 0;

	for (__u32 i = 0; i < 4 + n % 8; i++) {
		if (seen[i] > seen[most])
			most = i;
		seen[i & 63] += value >> i;
	}
	if (count(most & 63, value))
		event(n, &flow);
	return 0;
}

#define PACKET(section, n, context, pass) \
	SEC(section) int packet_##n(struct context *ctx) \
	{ \
		return packet((void *)(long)ctx->data, (void *)(long)ctx->data_end, n) ? 0 : pass; \
	}
#define TRACE(section, n) \
	SEC(section) int trace_##n(void *ctx) \
	{ \
		return trace(bpf_get_current_pid_tgid() + n, n); \
	}

PACKET("xdp", 0, xdp_md, 2) PACKET("xdp", 1, xdp_md, 2) PACKET("xdp", 2, xdp_md, 2) PACKET("xdp", 3, xdp_md, 2)
PACKET("xdp", 4, xdp_md, 2) PACKET("xdp", 5, xdp_md, 2) PACKET("xdp", 6, xdp_md, 2) PACKET("xdp", 7, xdp_md, 2)
PACKET("tc", 8, __sk_buff, 0) PACKET("tc", 9, __sk_buff, 0) PACKET("tc", 10, __sk_buff, 0) PACKET("tc", 11, __sk_buff, 0)
PACKET("tc", 12, __sk_buff, 0) PACKET("tc", 13, __sk_buff, 0) PACKET("tc", 14, __sk_buff, 0) PACKET("tc", 15, __sk_buff, 0)
PACKET("cgroup_skb/ingress", 16, __sk_buff, 1) PACKET("cgroup_skb/ingress", 17, __sk_buff, 1)
PACKET("cgroup_skb/egress", 18, __sk_buff, 1) PACKET("cgroup_skb/egress", 19, __sk_buff, 1)
PACKET("lwt_xmit", 20, __sk_buff, 0) PACKET("lwt_in", 21, __sk_buff, 0) PACKET("lwt_out", 22, __sk_buff, 0)
PACKET("sk_skb/stream_verdict", 23, __sk_buff, 1) PACKET("sk_skb/stream_verdict", 24, __sk_buff, 1)
PACKET("action", 25, __sk_buff, 0)
TRACE("tracepoint/sched/sched_switch", 0) TRACE("tracepoint/sched/sched_switch", 1) TRACE("tracepoint/sched/sched_switch", 2)
TRACE("tracepoint/sched/sched_switch", 3) TRACE("tracepoint/sched/sched_switch", 4) TRACE("tracepoint/sched/sched_switch", 5)
TRACE("kprobe/do_nanosleep", 6) TRACE("kprobe/do_nanosleep", 7) TRACE("kprobe/do_nanosleep", 8) TRACE("kprobe/do_nanosleep", 9)
TRACE("kprobe/do_nanosleep", 10) TRACE("kprobe/do_nanosleep", 11)
TRACE("raw_tp/sched_switch", 12) TRACE("raw_tp/sched_switch", 13) TRACE("raw_tp/sched_switch", 14) TRACE("raw_tp/sched_switch", 15)
TRACE("raw_tp/sched_switch", 16) TRACE("raw_tp/sched_switch", 17)
TRACE("perf_event", 18) TRACE("perf_event", 19) TRACE("perf_event", 20) TRACE("perf_event", 21) TRACE("perf_event", 22)
TRACE("perf_event", 23)

char LICENSE[] SEC("license") = "GPL";

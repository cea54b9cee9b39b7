// SPDX-License-Identifier: Apache-2.0
// Programs for the hooks of network devices, cgroups and namespaces: each counts its runs in its slot of `counts`.
//
// Build: clang -g -O2 -target bpf -fdebug-compilation-dir=. -c net.bpf.c -o net.bpf.o; llvm-strip -g net.bpf.o
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define DROPPED_PORT 9

enum slot { XDP, XDP_OTHER, TC, TC_OTHER, CGROUP_EGRESS, CGROUP_CONNECT, LOOKUP, NETFILTER, SLOTS };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct event {
	__u32 length;
	__u32 port;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline void count(__u32 slot)
{
	__u64 *value = bpf_map_lookup_elem(&counts, &slot);
	if (value)
		__sync_fetch_and_add(value, 1);
}

SEC("xdp")
int xdp_ports(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);
	struct event *event;
	__u32 port;

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	port = bpf_ntohs(udp->dest);
	count(XDP);
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (event) {
		event->length = end - data;
		event->port = port;
		bpf_ringbuf_submit(event, 0);
	}
	return port == DROPPED_PORT ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int xdp_other(struct xdp_md *ctx)
{
	count(XDP_OTHER);
	return XDP_PASS;
}

SEC("tc")
int tc_count(struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(ETH_P_IP))
		count(TC);
	return -1; /* TCX_NEXT, TC_ACT_UNSPEC */
}

SEC("tc")
int tc_other(struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(ETH_P_IP))
		count(TC_OTHER);
	return -1;
}

SEC("cgroup_skb/egress")
int cgroup_egress(struct __sk_buff *skb)
{
	count(CGROUP_EGRESS);
	return 1;
}

SEC("cgroup/connect4")
int cgroup_connect(struct bpf_sock_addr *addr)
{
	count(CGROUP_CONNECT);
	return 0;
}

SEC("sk_lookup")
int lookup_any(struct bpf_sk_lookup *ctx)
{
	count(LOOKUP);
	return SK_PASS;
}

SEC("netfilter")
int filter_any(void *ctx)
{
	count(NETFILTER);
	return 1; /* NF_ACCEPT */
}

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

SEC("sk_msg")
int pass_message(struct sk_msg_md *msg)
{
	return SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";

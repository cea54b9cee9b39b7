// SPDX-License-Identifier: Apache-2.0
// An XDP packet dispatcher: one parser, one small program per protocol, counters that need no lock.
//
//   parse ──tail call──> count_icmp | count_tcp | count_udp | count_icmp6 | (no program: other)
//
// The parser walks Ethernet, up to two VLAN tags, IPv4 or IPv6, and jumps through the program array by protocol class.
// Each protocol's program adds to its own counters in SEC(".percpu"): every CPU has its own copy, so an increment is a
// plain addition.
//
// Build: clang -g -O2 -target bpf -fdebug-compilation-dir=examples -c dispatch.bpf.c -o dispatch.bpf.o; llvm-strip -g dispatch.bpf.o
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAX_VLANS 2

struct vlan_tag {
	__be16 tci;
	__be16 next;
};

enum protocol_class { ICMP, TCP, UDP, ICMP6, OTHER, CLASSES };

struct counter {
	__u64 packets;
	__u64 bytes;
};

#ifdef COUNT_IN_MAP
// The same program for kernels without .percpu data: one lookup per count.
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CLASSES + 3);
	__type(key, __u32);
	__type(value, struct counter);
} counters SEC(".maps");

static __always_inline void count(__u32 index, __u64 bytes)
{
	struct counter *counter = bpf_map_lookup_elem(&counters, &index);

	if (counter) {
		counter->packets++;
		counter->bytes += bytes;
	}
}
#define COUNT(name, index, bytes) count(index, bytes)
#else
struct counter icmp SEC(".percpu");
struct counter tcp SEC(".percpu");
struct counter udp SEC(".percpu");
struct counter icmp6 SEC(".percpu");
struct counter other SEC(".percpu");
struct counter ipv4 SEC(".percpu");
struct counter ipv6 SEC(".percpu");
struct counter vlan SEC(".percpu");

#define COUNT(name, index, bytes_)	\
	do {				\
		name.packets++;		\
		name.bytes += bytes_;	\
	} while (0)
#endif

static __always_inline __u64 frame_length(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data;
}

SEC("xdp")
int count_icmp(struct xdp_md *ctx)
{
	COUNT(icmp, ICMP, frame_length(ctx));
	return XDP_PASS;
}

SEC("xdp")
int count_tcp(struct xdp_md *ctx)
{
	COUNT(tcp, TCP, frame_length(ctx));
	return XDP_PASS;
}

SEC("xdp")
int count_udp(struct xdp_md *ctx)
{
	COUNT(udp, UDP, frame_length(ctx));
	return XDP_PASS;
}

SEC("xdp")
int count_icmp6(struct xdp_md *ctx)
{
	COUNT(icmp6, ICMP6, frame_length(ctx));
	return XDP_PASS;
}

int count_icmp(struct xdp_md *ctx);
int count_tcp(struct xdp_md *ctx);
int count_udp(struct xdp_md *ctx);
int count_icmp6(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, CLASSES);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} protocols SEC(".maps") = {
	.values = {
		[ICMP] = (void *)&count_icmp,
		[TCP] = (void *)&count_tcp,
		[UDP] = (void *)&count_udp,
		[ICMP6] = (void *)&count_icmp6,
	},
};

static __always_inline __u32 class_of(__u8 protocol)
{
	switch (protocol) {
	case IPPROTO_ICMP:
		return ICMP;
	case IPPROTO_TCP:
		return TCP;
	case IPPROTO_UDP:
		return UDP;
	case IPPROTO_ICMPV6:
		return ICMP6;
	default:
		return OTHER;
	}
}

SEC("xdp")
int parse(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	void *cursor = (void *)(long)ctx->data;
	struct ethhdr *eth = cursor;
	__u32 class = OTHER;
	__be16 next;

	cursor = eth + 1;
	if (cursor > end)
		return XDP_DROP;
	next = eth->h_proto;

#pragma unroll
	for (int i = 0; i < MAX_VLANS; i++) {
		struct vlan_tag *tag = cursor;

		if (next != bpf_htons(ETH_P_8021Q) && next != bpf_htons(ETH_P_8021AD))
			break;
		cursor = tag + 1;
		if (cursor > end)
			return XDP_DROP;
		next = tag->next;
		if (i == 0)
			COUNT(vlan, CLASSES + 2, frame_length(ctx));
	}

	if (next == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = cursor;

		if ((void *)(ip + 1) > end)
			return XDP_DROP;
		COUNT(ipv4, CLASSES, frame_length(ctx));
		class = class_of(ip->protocol);
	} else if (next == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = cursor;

		if ((void *)(ip + 1) > end)
			return XDP_DROP;
		COUNT(ipv6, CLASSES + 1, frame_length(ctx));
		class = class_of(ip->nexthdr);
	}

	bpf_tail_call(ctx, &protocols, class);
	// Only an empty slot leads here.
	COUNT(other, OTHER, frame_length(ctx));
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

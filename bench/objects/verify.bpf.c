// SPDX-License-Identifier: Apache-2.0
// Programs of the verification benchmark: what compilers make of ordinary code.
// Build: clang -O2 -g -mcpu=v3 -target bpf -fdebug-compilation-dir=. -c verify.bpf.c -o verify.bpf.o
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;

struct flow {
	__u32 addresses[8];
	__u16 ports[2];
	__u32 protocol;
};

struct counters {
	__u64 packets;
	__u64 bytes;
	__u64 samples[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct flow);
	__type(value, struct counters);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct counters);
} protocols SEC(".maps");

#define MAX_EXTENSIONS 6
#define MAX_LABELS 3

static __always_inline int ports(void *at, void *end, struct flow *flow)
{
	if (flow->protocol == 6) {
		struct tcphdr *tcp = at;

		if ((void *)(tcp + 1) > end)
			return -1;
		flow->ports[0] = tcp->source;
		flow->ports[1] = tcp->dest;
	} else if (flow->protocol == 17) {
		struct udphdr *udp = at;

		if ((void *)(udp + 1) > end)
			return -1;
		flow->ports[0] = udp->source;
		flow->ports[1] = udp->dest;
	}
	return 0;
}

/* Headers of variable length in unrolled loops: many branches, packet pointers, spills. */
SEC("xdp")
int parse(struct xdp_md *ctx)
{
	void *at = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct flow flow = {};
	struct counters *known;
	struct ethhdr *eth = at;
	__u16 type;

	if ((void *)(eth + 1) > end)
		return XDP_PASS;
	type = eth->h_proto;
	at = eth + 1;
#pragma unroll
	for (int i = 0; i < MAX_LABELS; i++) {
		if (type != bpf_htons(0x8100) && type != bpf_htons(0x88a8))
			break;
		if (at + 4 > end)
			return XDP_DROP;
		type = *(__u16 *)(at + 2);
		at += 4;
	}
	if (type == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = at;

		if ((void *)(ip + 1) > end)
			return XDP_DROP;
		flow.addresses[0] = ip->saddr;
		flow.addresses[4] = ip->daddr;
		flow.protocol = ip->protocol;
		at += ip->ihl * 4;
	} else if (type == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = at;

		if ((void *)(ip + 1) > end)
			return XDP_DROP;
		__builtin_memcpy(flow.addresses, &ip->saddr, 32);
		flow.protocol = ip->nexthdr;
		at = ip + 1;
#pragma unroll
		for (int i = 0; i < MAX_EXTENSIONS; i++) {
			__u8 *extension = at;

			if (flow.protocol != 0 && flow.protocol != 43 && flow.protocol != 60)
				break;
			if (at + 8 > end)
				return XDP_DROP;
			flow.protocol = extension[0];
			at += 8 + extension[1] * 8;
		}
	} else {
		return XDP_PASS;
	}
	if (ports(at, end, &flow) < 0)
		return XDP_DROP;
	known = bpf_map_lookup_elem(&flows, &flow);
	if (known) {
		known->packets++;
		known->bytes += (long)ctx->data_end - (long)ctx->data;
		return XDP_PASS;
	}
	known = bpf_map_lookup_elem(&protocols, &flow.protocol);
	if (known)
		known->packets++;
	return XDP_DROP;
}

struct sum {
	struct counters *counters;
	__u64 total;
	__u32 seed;
};

static long add(__u64 i, void *data)
{
	struct sum *sum = data;

	sum->seed = sum->seed * 1103515245 + 12345;
	if (i < 64)
		sum->total += sum->counters->samples[i];
	if (sum->seed & 1)
		sum->total ^= sum->seed;
	return sum->total == 0;
}

/* Callbacks that are entered from several places. */
SEC("tc")
int callbacks(struct __sk_buff *ctx)
{
	__u32 key = ctx->protocol & 255;
	struct sum sum = { .seed = ctx->len };

	sum.counters = bpf_map_lookup_elem(&protocols, &key);
	if (!sum.counters)
		return 0;
#pragma unroll
	for (int i = 0; i < 8; i++) {
		bpf_loop(64 + i, add, &sum, 0);
		if (sum.total & 1 << i)
			sum.counters->packets += i;
	}
	return sum.total & 0xffff;
}

/* Nested loops over open-coded iterators. */
SEC("tc")
int iterators(struct __sk_buff *ctx)
{
	__u32 key = ctx->protocol & 255;
	struct counters *counters = bpf_map_lookup_elem(&protocols, &key);
	struct bpf_iter_num outer, inner;
	__u64 total = 0;
	int *i, *j;

	if (!counters)
		return 0;
	bpf_iter_num_new(&outer, 0, 64);
	while ((i = bpf_iter_num_next(&outer))) {
		__u32 at = *i;

		if (at < 64)
			total += counters->samples[at];
		bpf_iter_num_new(&inner, 0, 64);
		while ((j = bpf_iter_num_next(&inner))) {
			__u32 to = *j;

			if (to >= 64)
				continue;
			if (counters->samples[to] > total)
				counters->samples[to] -= total;
			else if (counters->samples[to] & 1)
				counters->samples[to] += at;
		}
		bpf_iter_num_destroy(&inner);
	}
	bpf_iter_num_destroy(&outer);
	return total & 0xffff;
}

static __attribute__((noinline)) __u32 mix(struct __sk_buff *ctx, __u32 a, __u32 b)
{
	__u32 x = a ^ ctx->len;

	if (x > b)
		x -= b;
	if (x & 1)
		x = x * 5 + 1;
	return x ^ ctx->mark;
}

static __attribute__((noinline)) __u32 stir(struct __sk_buff *ctx, __u32 a)
{
	__u32 x = mix(ctx, a, 7);

	if (x < 100)
		x += mix(ctx, x, a);
	return x;
}

/* Calls of static functions. */
SEC("tc")
int subprograms(struct __sk_buff *ctx)
{
	__u32 x = ctx->len;

#pragma unroll
	for (int i = 0; i < 32; i++) {
		x = stir(ctx, x + i);
		if (x == 0)
			break;
	}
	return x & 3;
}

char _license[] SEC("license") = "GPL";

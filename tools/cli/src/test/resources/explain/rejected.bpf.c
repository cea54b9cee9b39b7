// SPDX-License-Identifier: Apache-2.0
// Programs that the verifier rejects, one reason each; rejected.txt is how that is explained.
// Build: clang -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c rejected.bpf.c -o rejected.bpf.o; llvm-strip -g rejected.bpf.o
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_helpers.h>

struct slots {
	__u32 at[16];
};

struct guarded {
	struct bpf_spin_lock lock;
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct slots);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guarded);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

const volatile __u32 limit = 7;

SEC("xdp")
int index_too_large(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct slots *s = bpf_map_lookup_elem(&slots, &key);

	if (!s)
		return XDP_PASS;
	__u32 slot = ctx->rx_queue_index;
	if (slot > 64)
		return XDP_PASS;
	return s->at[slot];
}

SEC("xdp")
int index_unbounded(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct slots *s = bpf_map_lookup_elem(&slots, &key);

	if (!s)
		return XDP_PASS;
	return s->at[ctx->rx_queue_index];
}

static __attribute__((noinline)) int at(struct slots *s, __u64 i)
{
	return s->at[i & 31];
}

SEC("xdp")
int index_in_function(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct slots *s = bpf_map_lookup_elem(&slots, &key);

	if (!s)
		return XDP_PASS;
	return at(s, bpf_ktime_get_ns());
}

SEC("xdp")
int not_null_checked(struct xdp_md *ctx)
{
	__u32 key = ctx->ingress_ifindex;
	__u64 *count = bpf_map_lookup_elem(&flows, &key);

	*count += 1;
	return XDP_PASS;
}

SEC("xdp")
int packet_too_short(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;

	if (data + sizeof(*eth) > data_end)
		return XDP_PASS;
	struct iphdr *ip = (void *)(eth + 1);
	if (ip->protocol == 6)
		return XDP_DROP;
	return XDP_PASS;
}

SEC("xdp")
int packet_moved(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;

	if (data + sizeof(*eth) > data_end)
		return XDP_PASS;
	bpf_xdp_adjust_head(ctx, -8);
	return eth->h_proto ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int event_leaks(struct xdp_md *ctx)
{
	__u64 *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return XDP_PASS;
	*event = bpf_ktime_get_ns();
	if (ctx->rx_queue_index == 7)
		return XDP_DROP;
	bpf_ringbuf_submit(event, 0);
	return XDP_PASS;
}

SEC("tc")
int lock_is_kept(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct guarded *g = bpf_map_lookup_elem(&counters, &key);

	if (!g)
		return 0;
	bpf_spin_lock(&g->lock);
	if (++g->count > 100)
		return 0;
	bpf_spin_unlock(&g->lock);
	return 0;
}

SEC("tc")
int never_ends(struct __sk_buff *skb)
{
	__u32 n = skb->len;

	while (n > 7)
		asm volatile("" : "+r"(n));
	return 0;
}

SEC("tc")
int too_long(struct __sk_buff *skb)
{
	__u64 sum = 0;

	for (int i = 0; i < 1000000; i++) {
		asm volatile("" : "+r"(sum));
		sum += i;
	}
	return sum;
}

SEC("cgroup_skb/ingress")
int returns_too_much(struct __sk_buff *skb)
{
	return skb->len & 7;
}

SEC("tc")
int number_is_followed(struct __sk_buff *skb)
{
	__u64 *place = (void *)(unsigned long)skb->mark;

	return *place;
}

SEC("tc")
int length_unbounded(struct __sk_buff *skb)
{
	char copy[32];

	return bpf_skb_load_bytes(skb, 0, copy, skb->len) + copy[3];
}

SEC("tc")
int writes_constant(struct __sk_buff *skb)
{
	*(volatile __u32 *)&limit = skb->len;
	return 0;
}

SEC("xdp")
int not_for_xdp(struct xdp_md *ctx)
{
	return bpf_get_socket_cookie(ctx);
}

SEC("tc")
int no_such_field(struct __sk_buff *skb)
{
	return *(__u32 *)((char *)skb + 4096);
}

SEC("socket")
__attribute__((naked)) int one_way_unwritten(void)
{
	asm volatile("r2 = *(u32 *)(r1 + 0);"
		     "if r2 > 7 goto l0_%=;"
		     "r0 = 1;"
		     "l0_%=: exit;" ::: "memory");
}

SEC("socket")
__attribute__((naked)) int lost_by_call(void)
{
	asm volatile("call 7;" // bpf_get_prandom_u32
		     "r0 = *(u32 *)(r1 + 0);"
		     "exit;" ::: "memory");
}

char LICENSE[] SEC("license") = "GPL";

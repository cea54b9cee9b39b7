// SPDX-License-Identifier: Apache-2.0
//
// A tail call of each form: to a slot known by its number, to any slot of one program array, to any
// slot of one of two.
//
// clang -target bpf -mcpu=v3 -g -O2 -fdebug-compilation-dir=. -c tailcalls.bpf.c -o tailcalls.bpf.o

#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int(*name)[value]

typedef unsigned int u32;

struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

static long (*bpf_tail_call)(void *ctx, void *map, u32 index) = (void *)12;

struct {
	__uint(type, 3);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 3);
} slots SEC(".maps"), more SEC(".maps");

SEC("xdp")
int direct(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &slots, 1);
	return 1;
}

SEC("xdp")
int indirect(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &slots, ctx->rx_queue_index);
	return 1;
}

SEC("xdp")
int dynamic(struct xdp_md *ctx)
{
	void *map = &slots;

	if (ctx->ingress_ifindex > 1)
		map = &more;
	bpf_tail_call(ctx, map, ctx->rx_queue_index);
	return 1;
}

SEC("xdp")
int leaf(struct xdp_md *ctx)
{
	return 2;
}

char _license[] SEC("license") = "GPL";

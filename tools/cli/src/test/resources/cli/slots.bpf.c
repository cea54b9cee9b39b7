// SPDX-License-Identifier: Apache-2.0
//
// A program array with a static slot, for tests of the command line.
//
//   clang-19 -O2 -g -mcpu=v3 -target bpf -fdebug-compilation-dir=. -c slots.bpf.c -o slots.bpf.o; llvm-strip-19 -g slots.bpf.o

typedef unsigned int __u32;

struct xdp_md {
	__u32 data;
	__u32 data_end;
	__u32 data_meta;
	__u32 ingress_ifindex;
	__u32 rx_queue_index;
	__u32 egress_ifindex;
};

#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __array(name, val) typeof(val) *name[]

static long (*bpf_tail_call)(void *ctx, void *map, __u32 index) = (void *)12;

int one(struct xdp_md *ctx);

struct {
	__uint(type, 3); // BPF_MAP_TYPE_PROG_ARRAY
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} jumps SEC(".maps") = {
	.values = {[1] = (void *)&one},
};

struct {
	__uint(type, 2); // BPF_MAP_TYPE_ARRAY
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} plain SEC(".maps");

SEC("xdp")
int entry(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data;

	if (data + 1 <= (unsigned char *)(long)ctx->data_end)
		bpf_tail_call(ctx, &jumps, data[0]);
	return 0;
}

SEC("xdp")
int one(struct xdp_md *ctx)
{
	return 1;
}

SEC("xdp")
int two(struct xdp_md *ctx)
{
	return 2;
}

SEC("tc")
int other(void *ctx)
{
	return 3;
}

char _license[] SEC("license") = "GPL";

// SPDX-License-Identifier: Apache-2.0
// BTF-defined maps with every attribute.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAP_TYPE_ARENA 33
#define __ulong(name, value) enum { ARENA_ADDRESS = value } name

struct key {
	__u32 a;
	__u16 b[2];
};

typedef struct {
	__u64 x, y;
} value_t;

int tail_one(struct xdp_md *ctx);
int tail_two(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1000);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE);
	__uint(numa_node, 0);
	__type(key, struct key);
	__type(value, value_t);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 24);
	__uint(max_entries, 3);
} a_map_with_a_rather_long_name SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(map_extra, 5);
	__uint(value_size, 8);
	__uint(max_entries, 16);
} bloom SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, int(struct xdp_md *));
} jumps SEC(".maps") = {
	.values = {[1] = (void *)&tail_one, [3] = (void *)&tail_two},
};

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
};

struct inner inner_a SEC(".maps"), inner_b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = {
	.values = {&inner_b, &inner_a},
};

struct {
	__uint(type, MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__ulong(map_extra, 0x100000000000ULL);
} arena SEC(".maps");

SEC("xdp/devmap")
int tail_one(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp/devmap")
int tail_two(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp/devmap")
int enter(struct xdp_md *ctx)
{
	struct key key = {};
	__u32 zero = 0;
	value_t *value = bpf_map_lookup_elem(&flows, &key);
	void *map = bpf_map_lookup_elem(&outer, &zero);

	if (value && map)
		bpf_map_update_elem(map, &zero, value, 0);
	bpf_map_lookup_elem(&a_map_with_a_rather_long_name, &zero);
	bpf_tail_call(ctx, &jumps, 1);
	return XDP_ABORTED;
}

char _license[] SEC("license") = "GPL";

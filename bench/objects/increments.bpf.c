// SPDX-License-Identifier: Apache-2.0
// Programs of the benchmarks: nothing at all, and increments of array, per-CPU array and hash elements.
// Build: clang -g -O2 -target bpf -c increments.bpf.c -o increments.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define COUNTER_MAP(name, map_type)			\
	struct {					\
		__uint(type, map_type);			\
		__uint(max_entries, 64);		\
		__type(key, __u32);			\
		__type(value, __u64);			\
	} name SEC(".maps")

COUNTER_MAP(array, BPF_MAP_TYPE_ARRAY);
COUNTER_MAP(percpu_array, BPF_MAP_TYPE_PERCPU_ARRAY);
COUNTER_MAP(hash, BPF_MAP_TYPE_HASH);

SEC("xdp")
int empty(struct xdp_md *ctx)
{
	return XDP_PASS;
}

#define INCREMENT(map)					\
	SEC("xdp")					\
	int increment_##map(struct xdp_md *ctx)		\
	{						\
		__u32 key = ctx->rx_queue_index;	\
		__u64 *value;				\
							\
		value = bpf_map_lookup_elem(&map, &key);\
		if (value)				\
			*value += 1;			\
		return XDP_PASS;			\
	}

INCREMENT(array)
INCREMENT(percpu_array)
INCREMENT(hash)

SEC("xdp")
int increment_array_32(struct xdp_md *ctx)
{
	for (__u32 i = 0; i < 32; i++) {
		__u32 key = i;
		__u64 *value = bpf_map_lookup_elem(&array, &key);

		if (value)
			*value += 1;
	}
	return XDP_PASS;
}

SEC("xdp")
int increment_percpu_array_32(struct xdp_md *ctx)
{
	for (__u32 i = 0; i < 32; i++) {
		__u32 key = i;
		__u64 *value = bpf_map_lookup_elem(&percpu_array, &key);

		if (value)
			*value += 1;
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

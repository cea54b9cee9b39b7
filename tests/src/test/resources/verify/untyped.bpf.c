// SPDX-License-Identifier: Apache-2.0
// Maps whose values have a field that maps of their type cannot have, or whose key has no type:
// loaders make them without types, and the field is bytes like others.
//
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c untyped.bpf.c -o untyped.bpf.o; llvm-strip-19 -g untyped.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct value {
	struct bpf_spin_lock lock;
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct value);
} per_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct value);
} least_recently_used SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__uint(key_size, 4);
	__type(value, struct value);
} keyless SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_WRONLY_PROG);
	__type(key, __u32);
	__type(value, struct value);
} write_only SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct value);
} first SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = {
	.values = { &first },
};

#define PROGRAMS(map) \
	SEC("tc") \
	int map##_locks(struct __sk_buff *skb) \
	{ \
		__u32 key = 1; \
		struct value *value = bpf_map_lookup_elem(&map, &key); \
\
		if (!value) \
			return 0; \
		bpf_spin_lock(&value->lock); \
		bpf_spin_unlock(&value->lock); \
		return 0; \
	} \
\
	SEC("tc") \
	int map##_writes(struct __sk_buff *skb) \
	{ \
		__u32 key = 1; \
		struct value *value = bpf_map_lookup_elem(&map, &key); \
\
		if (value) \
			*(volatile __u32 *)&value->lock = 5; \
		return 0; \
	}

PROGRAMS(per_cpu)
PROGRAMS(least_recently_used)
PROGRAMS(keyless)
PROGRAMS(write_only)

SEC("tc")
int inner_locks(struct __sk_buff *skb)
{
	__u32 key = 1;
	void *map = bpf_map_lookup_elem(&outer, &key);
	struct value *value = map ? bpf_map_lookup_elem(map, &key) : 0;

	if (!value)
		return 0;
	bpf_spin_lock(&value->lock);
	bpf_spin_unlock(&value->lock);
	return 0;
}

char _license[] SEC("license") = "GPL";

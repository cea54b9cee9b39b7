// SPDX-License-Identifier: Apache-2.0
// The kernel refuses the BTF of this object: what the list holds has no such node. Loaders go on
// without BTF, so that the lock has no place either, and no log shows a line of this file.
//
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c types.bpf.c -o types.bpf.o; llvm-strip-19 -g types.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct bpf_list_head { __u64 space[2]; } __attribute__((aligned(8)));
struct bpf_list_node { __u64 space[3]; } __attribute__((aligned(8)));

struct item {
	struct bpf_list_node node;
	__u64 key;
};

struct queue {
	struct bpf_spin_lock lock;
	struct bpf_list_head items __attribute__((btf_decl_tag("contains:item:nothing")));
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct queue);
} queues SEC(".maps");

struct item unused;

SEC("tc")
int locks(struct __sk_buff *skb)
{
	__u32 key = 1;
	struct queue *q = bpf_map_lookup_elem(&queues, &key);

	if (!q)
		return 0;
	bpf_spin_lock(&q->lock);
	q->count++;
	bpf_spin_unlock(&q->lock);
	return 0;
}

SEC("tc")
int counts(struct __sk_buff *skb)
{
	__u32 key = 1;
	struct queue *q = bpf_map_lookup_elem(&queues, &key);

	if (q)
		q->items.space[0]++;
	return 0;
}

char _license[] SEC("license") = "GPL";

// SPDX-License-Identifier: Apache-2.0
// A run counts in three programs: before, in a run inside it, and behind a tail call.
// Build: clang -O2 -g -target bpf -fdebug-compilation-dir=. -c counting.bpf.c -o counting.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define TIMES 100
#define BOTH_HALVES 0x100000001ULL

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} jumps SEC(".maps");

SEC(".percpu") volatile __u64 all;
SEC(".percpu") volatile __u64 pair;
SEC(".percpu.more") volatile __u64 before;
SEC(".percpu.more") volatile __u64 inside;
SEC(".percpu.more") volatile __u64 behind;

#define COUNT(counter)					\
	for (int i = 0; i < TIMES; i++) {		\
		all += 1;				\
		pair += BOTH_HALVES;			\
		counter += 1;				\
	}

SEC("xdp")
int outer(struct xdp_md *ctx)
{
	COUNT(before)
	/* The test's helper runs the program "inner" here. */
	bpf_get_numa_node_id();
	bpf_tail_call(ctx, &jumps, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int inner(struct xdp_md *ctx)
{
	COUNT(inside)
	return XDP_DROP;
}

SEC("xdp")
int last(struct xdp_md *ctx)
{
	COUNT(behind)
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

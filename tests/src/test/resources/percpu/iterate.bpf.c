// SPDX-License-Identifier: Apache-2.0
// A program that iterates over the map of per-CPU variables.
//
// Build: clang -g -O2 -target bpf -fdebug-compilation-dir=. -c iterate.bpf.c -o iterate.bpf.o; llvm-strip -g iterate.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

long number SEC(".percpu") = 3;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, long);
} values SEC(".maps");

long seen;
long key;

static long see(void *map, __u32 *at, long *value, void *context)
{
	seen += *value;
	key = *at;
	return 0;
}

SEC("tc")
int each(struct __sk_buff *skb)
{
	__u32 first = 0;
	long *value = bpf_map_lookup_elem(&values, &first);

	if (value)
		*value = number;
	return bpf_for_each_map_elem(&values, see, (void *)0, 0);
}

char _license[] SEC("license") = "GPL";

// SPDX-License-Identifier: Apache-2.0
// The callers of programs in other objects, which share per-CPU variables with them.
//
// Build: clang -g -O2 -target bpf -fdebug-compilation-dir=. -c caller.bpf.c -o caller.bpf.o; llvm-strip -g caller.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int shared SEC(".percpu") = 1;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} jumps SEC(".maps");

SEC("tc")
int caller(struct __sk_buff *skb)
{
	shared = skb->len;
	bpf_tail_call(skb, &jumps, 0);
	return -1;
}

__attribute__((noinline)) int replaced(struct __sk_buff *skb)
{
	volatile int result = -2;

	asm volatile("" : : "r"(skb));
	return result;
}

SEC("tc")
int calls(struct __sk_buff *skb)
{
	shared = skb->len;
	return replaced(skb);
}

char _license[] SEC("license") = "GPL";

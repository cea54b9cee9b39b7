// SPDX-License-Identifier: Apache-2.0
// What caller.bpf.c calls, by a tail call and in the place of one of its functions.
//
// Build: clang -g -O2 -target bpf -fdebug-compilation-dir=. -c callee.bpf.c -o callee.bpf.o; llvm-strip -g callee.bpf.o
// and once more with -DTYPE="long long" -o wide.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifndef TYPE
#define TYPE int
#endif

TYPE shared SEC(".percpu") = 7;

SEC("tc")
int callee(struct __sk_buff *skb)
{
	return ++shared;
}

SEC("?freplace/replaced")
int replacement(struct __sk_buff *skb)
{
	return shared += 2;
}

char _license[] SEC("license") = "GPL";

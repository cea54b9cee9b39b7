// SPDX-License-Identifier: Apache-2.0
// Tail calls between main programs, with the results that the kernel's selftests tailcall_1 to _6 expect.
//
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -I/usr/include/$(uname -m)-linux-gnu -fdebug-compilation-dir=. -c tailcalls.bpf.c -o tailcalls.bpf.o; llvm-strip-19 -g tailcalls.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define JUMPS(name, entries)                                                                       \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY);                                             \
		__uint(max_entries, entries);                                                      \
		__uint(key_size, sizeof(__u32));                                                   \
		__uint(value_size, sizeof(__u32));                                                 \
	} name SEC(".maps")

JUMPS(first, 3);
JUMPS(chain, 5);
JUMPS(loop, 1);
JUMPS(chosen, 3);
JUMPS(branched, 3);
JUMPS(loop_unknown, 1);

volatile int selector;
volatile int loops;
volatile int which;

#define LEAF(number)                                                                               \
	SEC("tc") int leaf_##number(struct __sk_buff *skb) { return number; }

LEAF(0)
LEAF(1)
LEAF(2)

/* Each slot is a place of its own; the first that is filled wins. */
SEC("tc") int first_entry(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &first, 0);
	bpf_tail_call_static(skb, &first, 1);
	bpf_tail_call_static(skb, &first, 2);
	return 3;
}

/* 0 goes to 1, 1 to 2; 3 and 4 go to each other for ever. */
SEC("tc") int chain_0(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &chain, 1);
	return 0;
}

SEC("tc") int chain_1(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &chain, 2);
	return 1;
}

SEC("tc") int chain_2(struct __sk_buff *skb)
{
	return 2;
}

SEC("tc") int chain_3(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &chain, 4);
	return 3;
}

SEC("tc") int chain_4(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &chain, 3);
	return 3;
}

SEC("tc") int chain_entry(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &chain, 0);
	bpf_tail_call_static(skb, &chain, 2);
	bpf_tail_call_static(skb, &chain, 3);
	return 3;
}

/* Calls itself until the budget is used up. */
SEC("tc") int loop_0(struct __sk_buff *skb)
{
	loops++;
	bpf_tail_call_static(skb, &loop, 0);
	return 1;
}

SEC("tc") int loop_entry(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &loop, 0);
	return 0;
}

/* The key is a variable. */
SEC("tc") int chosen_entry(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &chosen, selector);
	return 3;
}

/* The key is a constant in each branch, and the call the same. */
SEC("tc") int branched_entry(struct __sk_buff *skb)
{
	__u32 key = 0;

	if (selector == 1234)
		key = 1;
	else if (selector == 5678)
		key = 2;
	bpf_tail_call(skb, &branched, key);
	return 3;
}

SEC("tc") int loop_unknown_0(struct __sk_buff *skb)
{
	loops++;
	bpf_tail_call(skb, &loop_unknown, which);
	return 1;
}

SEC("tc") int loop_unknown_entry(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &loop_unknown, which);
	return 0;
}

char _license[] SEC("license") = "GPL";

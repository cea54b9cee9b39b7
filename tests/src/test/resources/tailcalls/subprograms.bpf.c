// SPDX-License-Identifier: Apache-2.0
// Tail calls in subprograms, with the results that the kernel's selftests tailcall_bpf2bpf_1 to _6 and tailcall_bpf2bpf_hierarchy_1 to _3 expect.
//
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -I/usr/include/$(uname -m)-linux-gnu -fdebug-compilation-dir=. -c subprograms.bpf.c -o subprograms.bpf.o; llvm-strip-19 -g subprograms.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define JUMPS(name, entries)                                                                       \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY);                                             \
		__uint(max_entries, entries);                                                      \
		__uint(key_size, sizeof(__u32));                                                   \
		__uint(value_size, sizeof(__u32));                                                 \
	} name SEC(".maps")

JUMPS(beside, 2);
JUMPS(self, 1);
JUMPS(stacks, 2);
JUMPS(nested, 3);
JUMPS(odd, 1);
JUMPS(tree, 1);
JUMPS(pair, 2);
JUMPS(left, 1);
JUMPS(right, 1);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} scratch SEC(".maps");

volatile int selfs;
volatile int nests;
volatile int trees;
volatile int counts[2];
volatile int either;
volatile int noise;
volatile int done;

#define NO_INLINE static __attribute__((noinline))

/* Keeps a value that nothing reads, and the function that makes it. */
#define KEEP(value) asm volatile("" : "+r"(value))

/* 1: tail calls in main, beside a subprogram without. */
SEC("tc") int beside_0(struct __sk_buff *skb) { return 0; }
SEC("tc") int beside_1(struct __sk_buff *skb) { return 1; }

NO_INLINE int beside_length(struct __sk_buff *skb)
{
	return skb->len * 2;
}

SEC("tc") int beside_entry(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &beside, 1);
	bpf_tail_call_static(skb, &beside, 0);
	return beside_length(skb);
}

/* 2: a subprogram that goes back to the program that calls it. */
NO_INLINE int self_tail(struct __sk_buff *skb)
{
	int result = 1;

	bpf_tail_call_static(skb, &self, 0);
	KEEP(result);
	return result;
}

SEC("tc") int self_0(struct __sk_buff *skb)
{
	selfs++;
	return self_tail(skb);
}

SEC("tc") int self_entry(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &self, 0);
	return 0;
}

/* 3: stacks of different sizes. */
#define STACK(bytes) volatile char room[bytes] = {}; room[0] = 1

NO_INLINE int stacks_tail_2(struct __sk_buff *skb)
{
	STACK(64);
	bpf_tail_call_static(skb, &stacks, 1);
	return skb->len;
}

NO_INLINE int stacks_tail(struct __sk_buff *skb)
{
	STACK(64);
	bpf_tail_call_static(skb, &stacks, 0);
	return skb->len * 2;
}

SEC("tc") int stacks_0(struct __sk_buff *skb)
{
	STACK(128);
	return stacks_tail_2(skb);
}

SEC("tc") int stacks_1(struct __sk_buff *skb)
{
	STACK(128);
	return skb->len * 3;
}

SEC("tc") int stacks_entry(struct __sk_buff *skb)
{
	STACK(128);
	return stacks_tail(skb);
}

/* 4 and 5: each level tail-calls the next; the last goes round, 5 with map operations in between. */
NO_INLINE void nested_noise(void)
{
	__u32 key = 0, *value = bpf_map_lookup_elem(&scratch, &key);

	if (value)
		*value += 1;
	key = 0;
	bpf_map_update_elem(&scratch, &key, &key, BPF_ANY);
}

NO_INLINE int nested_tail_2(struct __sk_buff *skb)
{
	if (noise)
		nested_noise();
	bpf_tail_call_static(skb, &nested, 2);
	return skb->len * 3;
}

NO_INLINE int nested_tail_1(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &nested, 1);
	return skb->len * 2;
}

NO_INLINE int nested_tail(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &nested, 0);
	return skb->len;
}

SEC("tc") int nested_0(struct __sk_buff *skb) { return nested_tail_1(skb); }
SEC("tc") int nested_1(struct __sk_buff *skb) { return nested_tail_2(skb); }

SEC("tc") int nested_2(struct __sk_buff *skb)
{
	nests++;
	return nested_tail_2(skb);
}

SEC("tc") int nested_entry(struct __sk_buff *skb) { return nested_tail(skb); }

/* 6: a stack whose size is no multiple of 8. */
SEC("tc") int odd_0(struct __sk_buff *skb)
{
	done = 1;
	return 0;
}

NO_INLINE int odd_tail(struct __sk_buff *skb)
{
	volatile int result = 1;

	bpf_tail_call_static(skb, &odd, 0);
	return result;
}

SEC("tc") int odd_entry(struct __sk_buff *skb)
{
	volatile char room[1] = {};

	room[0] = 1;
	return odd_tail(skb);
}

/* Hierarchy 1: two calls of a subprogram that goes back to the entry. */
NO_INLINE int tree_tail(struct __sk_buff *skb)
{
	int result = 0;

	bpf_tail_call_static(skb, &tree, 0);
	KEEP(result);
	return result;
}

SEC("tc") int tree_entry(struct __sk_buff *skb)
{
	trees++;
	tree_tail(skb);
	tree_tail(skb);
	return 1;
}

/* Hierarchy 2: two subprograms, each with a chain of its own. */
NO_INLINE int pair_tail_0(struct __sk_buff *skb)
{
	int result = 0;

	bpf_tail_call_static(skb, &pair, 0);
	KEEP(result);
	return result;
}

NO_INLINE int pair_tail_1(struct __sk_buff *skb)
{
	int result = 0;

	bpf_tail_call_static(skb, &pair, 1);
	KEEP(result);
	return result;
}

SEC("tc") int pair_0(struct __sk_buff *skb)
{
	counts[0]++;
	pair_tail_0(skb);
	return 0;
}

SEC("tc") int pair_1(struct __sk_buff *skb)
{
	counts[1]++;
	pair_tail_1(skb);
	return 0;
}

SEC("tc") int pair_entry(struct __sk_buff *skb)
{
	pair_tail_0(skb);
	pair_tail_1(skb);
	return counts[1] << 16 | counts[0];
}

/* Hierarchy 3: one subprogram, called with either array. */
NO_INLINE int either_tail(struct __sk_buff *skb, void *jumps)
{
	int result = 0;

	bpf_tail_call_static(skb, jumps, 0);
	KEEP(result);
	return result;
}

SEC("tc") int either_0(struct __sk_buff *skb)
{
	either++;
	either_tail(skb, &left);
	return either;
}

SEC("tc") int either_1(struct __sk_buff *skb)
{
	either++;
	either_tail(skb, &right);
	return either;
}

SEC("tc") int either_entry(struct __sk_buff *skb)
{
	either_tail(skb, &left);
	either_tail(skb, &right);
	return either;
}

char _license[] SEC("license") = "GPL";

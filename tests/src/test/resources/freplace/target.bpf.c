// SPDX-License-Identifier: Apache-2.0
// Programs whose functions extend.bpf.c replaces.
//
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c target.bpf.c -o target.bpf.o; llvm-strip-19 -g target.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define hidden_from_optimiser(x) asm volatile("" : "+r"(x))

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} jumps SEC(".maps");

volatile __u64 calls;

__attribute__((noinline)) int sub(struct __sk_buff *skb)
{
	int result = 1;

	hidden_from_optimiser(result);
	hidden_from_optimiser(skb);
	return result;
}

__attribute__((noinline)) int scale(int x, long y)
{
	return x * (int)y;
}

static __attribute__((noinline)) int own(int x)
{
	hidden_from_optimiser(x);
	return x + 1;
}

static __attribute__((noinline)) int odd(const void *anything)
{
	hidden_from_optimiser(anything);
	return anything ? 1 : 2;
}

__attribute__((noinline)) int pull(struct __sk_buff *skb)
{
	return bpf_skb_pull_data(skb, 0);
}

__attribute__((noinline)) int kept(int x, int y)
{
	// Keeps values in all registers that a callee must keep, over a call that is replaced.
	int a = x + 1, b = y + 2, c = x ^ 3, d = y - 4;

	hidden_from_optimiser(a);
	hidden_from_optimiser(b);
	hidden_from_optimiser(c);
	hidden_from_optimiser(d);
	x = scale(x, y);
	return x + a + 2 * b + 4 * c + 8 * d;
}

SEC("tc")
int entry(struct __sk_buff *skb)
{
	calls++;
	return sub(skb) * 100 + scale(3, 4);
}

SEC("tc")
int leaf(struct __sk_buff *skb)
{
	return 77;
}

SEC("tc")
int more(struct __sk_buff *skb)
{
	return own(skb->len) + odd(skb) + pull(skb) + kept(skb->ifindex, skb->mark);
}

SEC("tc")
int keeping(struct __sk_buff *skb)
{
	return kept(10, 20);
}

// Hands on: whatever is in slot 0 of jumps, as often as it may.
SEC("tc")
int jumping(struct __sk_buff *skb)
{
	int first = sub(skb);

	calls++;
	if (first > 1)
		return first;
	bpf_tail_call_static(skb, &jumps, 0);
	return 3;
}

__attribute__((noinline)) int jumping_sub(struct __sk_buff *skb)
{
	int result = 9;

	calls++;
	bpf_tail_call_static(skb, &jumps, 1);
	hidden_from_optimiser(result);
	return result;
}

SEC("tc")
int twice(struct __sk_buff *skb)
{
	int first = jumping_sub(skb);

	return first * 1000 + jumping_sub(skb);
}

// A tail call target that calls itself until the budget is gone.
SEC("tc")
int again(struct __sk_buff *skb)
{
	calls++;
	bpf_tail_call_static(skb, &jumps, 2);
	return 5;
}

__attribute__((noinline)) int xdp_sub(struct xdp_md *ctx)
{
	int result = XDP_PASS;

	hidden_from_optimiser(result);
	hidden_from_optimiser(ctx);
	return result;
}

SEC("xdp")
int xdp_entry(struct xdp_md *ctx)
{
	return xdp_sub(ctx);
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *ctx)
{
	return 1;
}

char _license[] SEC("license") = "GPL";

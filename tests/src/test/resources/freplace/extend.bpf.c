// SPDX-License-Identifier: Apache-2.0
// Replacements for functions of target.bpf.c, good ones and bad ones.
//
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c extend.bpf.c -o extend.bpf.o; llvm-strip-19 -g extend.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define hidden_from_optimiser(x) asm volatile("" : "+r"(x))

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} jumps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

volatile __u64 replaced;

SEC("freplace/sub")
int new_sub(struct __sk_buff *skb)
{
	replaced++;
	return 5;
}

// Another one for the same place, with more to do: a subprogram, stack, a map, a helper.
static __attribute__((noinline)) int deeper(struct __sk_buff *skb, __u64 *into)
{
	*into = skb->len;
	hidden_from_optimiser(into);
	return 2;
}

SEC("freplace/sub")
int busy_sub(struct __sk_buff *skb)
{
	__u64 length = 0, *count;
	__u32 key = deeper(skb, &length);

	bpf_map_update_elem(&counts, &key, &length, BPF_ANY);
	count = bpf_map_lookup_elem(&counts, &key);
	bpf_get_prandom_u32();
	return count ? *count : 0;
}

// Uses what only a call into the engine can give.
SEC("freplace/sub")
int tracing_sub(struct __sk_buff *skb)
{
	bpf_trace_printk("extended\n", 10);
	return 6;
}

SEC("freplace/scale")
int new_scale(int x, long y)
{
	return x + (int)y;
}

SEC("freplace/scale")
int greedy_scale(int x, long y)
{
	long a = x, b = y, c = x + y, d = x - y;

	hidden_from_optimiser(a);
	hidden_from_optimiser(b);
	hidden_from_optimiser(c);
	hidden_from_optimiser(d);
	bpf_get_prandom_u32();
	return a + b + c + d;
}

SEC("freplace/entry")
int new_entry(struct __sk_buff *skb)
{
	return 1234;
}

SEC("freplace/jumping_sub")
int jumping_ext(struct __sk_buff *skb)
{
	replaced++;
	bpf_tail_call_static(skb, &jumps, 2);
	return 8;
}

SEC("freplace/xdp_sub")
int new_xdp_sub(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (data + 14 > end)
		return XDP_ABORTED;
	*(__u8 *)data = 0x42;
	return XDP_TX;
}

SEC("freplace/connect4")
int new_connect4(struct bpf_sock_addr *ctx)
{
	return 0;
}

// Bad ones.

SEC("freplace/connect4")
int bad_result(struct bpf_sock_addr *ctx)
{
	return 255;
}

SEC("freplace/sub")
int bad_moving(struct __sk_buff *skb)
{
	return bpf_skb_pull_data(skb, 0);
}

SEC("freplace/pull")
int new_pull(struct __sk_buff *skb)
{
	return bpf_skb_pull_data(skb, 0) + 1;
}

SEC("freplace/sub")
int bad_jumping(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &jumps, 0);
	return 8;
}

SEC("freplace/sub")
int bad_context(struct xdp_md *ctx)
{
	return 0;
}

SEC("freplace/sub")
int bad_count(struct __sk_buff *skb, int more)
{
	return more;
}

SEC("freplace/scale")
int bad_size(int x, int y)
{
	return x + y;
}

SEC("freplace/scale")
long bad_return_is_not_seen(int x, long y)
{
	return x + y;
}

SEC("freplace/scale")
void *bad_return(int x, long y)
{
	return 0;
}

SEC("freplace/scale")
int bad_kind(struct __sk_buff *x, long y)
{
	return y;
}

SEC("freplace/sub")
int bad_pointer(int *skb)
{
	return 0;
}

SEC("freplace/own")
int bad_static(int x)
{
	return x;
}

SEC("freplace/odd")
int bad_unreliable(const void *x)
{
	return 0;
}

SEC("freplace/nothing")
int bad_name(struct __sk_buff *skb)
{
	return 0;
}

SEC("freplace/leaf")
int bad_elsewhere(struct __sk_buff *skb)
{
	return 0;
}

SEC("freplace/new_sub")
int bad_recursion(struct __sk_buff *skb)
{
	return 0;
}

SEC("freplace/sub")
int bad_helper(struct __sk_buff *skb)
{
	return bpf_msg_apply_bytes((void *)skb, 0);
}

char _license[] SEC("license") = "GPL";

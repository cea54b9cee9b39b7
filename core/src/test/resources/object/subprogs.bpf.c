// SPDX-License-Identifier: Apache-2.0
// Subprograms: static and global ones of .text, a static one of an entry's own section, function
// pointers, two programs that share callees. Build: see README.md beside this file.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 calls;

static __attribute__((noinline)) int leaf(int x)
{
	calls += x;
	return x * 3;
}

__attribute__((noinline)) int middle(int x)
{
	return leaf(x + 1) + leaf(x + 2);
}

__attribute__((noinline)) int unused(int x)
{
	return middle(x) - 1;
}

static int callback(__u32 index, void *ctx)
{
	*(int *)ctx += leaf(index);
	return 0;
}

static __attribute__((noinline, section("xdp"))) int local_of_section(int x)
{
	return leaf(x) ^ 5;
}

SEC("xdp")
int first(struct xdp_md *ctx)
{
	return middle(ctx->ingress_ifindex) + leaf(7);
}

SEC("xdp")
int second(struct xdp_md *ctx)
{
	int sum = 0;

	bpf_loop(4, callback, &sum, 0);
	return sum + local_of_section(ctx->rx_queue_index);
}

SEC("?tc")
int third(struct __sk_buff *skb)
{
	return leaf(skb->len);
}

char _license[] SEC("license") = "GPL";

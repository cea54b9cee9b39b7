// SPDX-License-Identifier: Apache-2.0
// clang names no parameters of naked functions, the kernel refuses such BTF, and libbpf goes on
// without it: no source lines, no functions, and maps without types.
//
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c naked.bpf.c -o naked.bpf.o; llvm-strip-19 -g naked.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("socket")
__attribute__((naked)) int naked(void *ctx)
{
	asm volatile("r0 = 1;"
		     "exit;"
		     ::: "r0");
}

SEC("socket")
int clothed(struct __sk_buff *skb)
{
	return skb->len > 100 ? 100 : 0;
}

char _license[] SEC("license") = "GPL";

// SPDX-License-Identifier: Apache-2.0
// A difference that is known (PARITY.md): a read before the start of a tracepoint's context.
//
// Build: clang -O2 -target bpf -fdebug-compilation-dir=. -c negative.bpf.c -o negative.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tracepoint/syscalls/sys_enter_getpid")
int before(void *ctx)
{
	asm volatile("r0 = *(u64 *)(r1 - 8)\n\tr0 = 0" ::: "r0");
	return 0;
}

char _license[] SEC("license") = "GPL";

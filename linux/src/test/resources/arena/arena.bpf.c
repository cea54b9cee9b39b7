// SPDX-License-Identifier: Apache-2.0
// Variables in an arena, and a program that throws.
//   clang-19 -target bpf -O2 -g -mcpu=v3 -fdebug-compilation-dir=. -c arena.bpf.c -o arena.bpf.o && llvm-strip-19 -g arena.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAP_TYPE_ARENA 33
#define __arena __attribute__((address_space(1)))

struct {
	__uint(type, MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
} arena SEC(".maps");

int __arena calls = 40;
long __arena steps[4] = {1, 2, 3, 4};

extern void bpf_throw(unsigned long long cookie) __ksym;

__attribute__((noinline)) int on_throw(unsigned long long cookie)
{
	return cookie + 1;
}

SEC("tc")
int count(struct __sk_buff *skb)
{
	// Without a use of the map itself the arena would not belong to the program.
	asm volatile("" ::"r"(&arena));
	calls += steps[1];
	return calls;
}

SEC("tc")
__attribute__((btf_decl_tag("exception_callback:on_throw")))
int throwing(struct __sk_buff *skb)
{
	if (skb->len > 10)
		bpf_throw(6);
	return 1;
}

char _license[] SEC("license") = "GPL";

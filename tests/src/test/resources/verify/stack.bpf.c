// SPDX-License-Identifier: Apache-2.0
// What the line "stack depth" tells: inlined bpf_loop calls and may_goto take stack, subprograms
// that nothing reaches are gone, and so is a may_goto to the next instruction.
//
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c stack.bpf.c -o stack.bpf.o; llvm-strip-19 -g stack.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAY_GOTO(label) \
	asm volatile goto(".byte 0xe5; .byte 0; .long ((%l[" #label "] - . - 6) / 8) & 0xffff; .short 0" :::: label)

volatile __u64 sum;
const volatile __u32 never;

static long add(__u32 i, void *data)
{
	*(__u64 *)data += i;
	return 0;
}

static __attribute__((noinline)) __u64 with_buffer(__u32 length)
{
	char text[52];

	__builtin_memset(text, length, sizeof(text));
	asm volatile("" :: "r"(text) : "memory");
	return text[3];
}

static __attribute__((noinline)) __u64 looped(__u64 times)
{
	__u64 total = times;

	bpf_loop(times, add, &total, 0);
	return total;
}

SEC("tc")
int loops(struct __sk_buff *skb)
{
	sum = looped(skb->len) + with_buffer(skb->len);
	return 0;
}

SEC("tc")
int goes(struct __sk_buff *skb)
{
	__u64 total = skb->len;

	for (;;) {
		MAY_GOTO(out);
		total += with_buffer(total) | 1;
		if (total & 64)
			break;
	}
out:
	sum = total;
	return 0;
}

SEC("tc")
int goes_nowhere(struct __sk_buff *skb)
{
	__u64 total = with_buffer(skb->len);

	MAY_GOTO(next);
next:
	MAY_GOTO(after);
	if (never)
		total += looped(3);
after:
	sum = total;
	return 0;
}

SEC("tc")
int reaches_less(struct __sk_buff *skb)
{
	if (never)
		sum = looped(skb->len);
	return with_buffer(skb->len);
}

/* Called, but with something that the verifier does not take. */
__attribute__((noinline)) int global(struct __sk_buff *skb, int *missing)
{
	return *missing + skb->len;
}

SEC("tc")
int global_is_judged(struct __sk_buff *skb)
{
	int number = 7;

	return global(skb, &number);
}

char _license[] SEC("license") = "GPL";

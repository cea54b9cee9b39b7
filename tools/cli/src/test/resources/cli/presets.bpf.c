// SPDX-License-Identifier: Apache-2.0
// Global variables of the types that presets reach, and programs whose verification depends on them.
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c presets.bpf.c -o presets.bpf.o; llvm-strip-19 -g presets.bpf.o
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

enum mode { OFF, SLOW = 3, FAST };
enum level { COLD = -2, WARM = 2 };
enum big { HUGE = 0x123456789aULL };

struct inner {
	__u8 byte;
	__s16 number;
	union {
		__u32 word;
		enum mode mode;
	};
	struct {
		__u64 deep[3];
	};
	unsigned int low : 3;
};

struct outer {
	__s8 sign;
	struct inner inner;
	struct inner list[FAST];
};

typedef __u32 number_t;

const volatile int limit = 4;
const volatile enum mode mode = OFF;
const volatile bool flag;
volatile __u8 u8;
volatile __s8 s8;
volatile __u16 u16 = 7;
volatile __s16 s16;
volatile number_t u32;
volatile __s32 s32;
volatile __u64 u64;
volatile __s64 s64;
volatile enum level level;
volatile enum big big;
volatile number_t table[2][3] = {{1, 2, 3}, {4, 5, 6}};
volatile struct outer outer;
struct outer *volatile pointer;

SEC("xdp")
int loops(struct xdp_md *ctx)
{
	int sum = 0;

	for (int i = 0; i < limit; i++)
		sum += u8 + u16 + i;
	return sum & 1;
}

SEC("xdp")
int fast_only(struct xdp_md *ctx)
{
	if (mode == FAST)
		return XDP_PASS;
	return *(volatile __u8 *)(long)ctx->data;
}

SEC("socket")
int uses(struct __sk_buff *skb)
{
	return flag + s8 + s16 + u32 + s32 + u64 + s64 + level + big + table[1][2] + outer.sign + outer.list[1].byte +
	       (pointer != 0);
}

char LICENSE[] SEC("license") = "GPL";

// SPDX-License-Identifier: Apache-2.0
// Variables of every kind that a skeleton has to name, in every data section.
//
// Build: clang -g -O2 -target bpf -fdebug-compilation-dir=. -c kinds.bpf.c -o kinds.bpf.o; llvm-strip -g kinds.bpf.o
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

enum mode { MODE_OFF, MODE_ON = 3, MODE_AUTO = -1 };

typedef struct {
	__u32 low;
	__s16 high;
} pair;

struct shape {
	unsigned int kind : 3;
	int level : 5;
	unsigned long long wide : 40;
	union {
		__u64 area;
		pair ends;
	};
	struct {
		__u8 red;
		__u8 green;
	} colour;
	pair corners[2];
	struct shape *next;
};

struct counter {
	__u64 packets;
	__u64 bytes;
};

const volatile __u32 limit = 10;
const volatile char prefix[8] = "skep";
const volatile enum mode start = MODE_ON;

__s8 tiny = -1;
__u8 byte = 200;
__s16 small = -300;
__u16 word = 65000;
int number = -70000;
__u32 natural = 4000000000u;
long long big = -5000000000ll;
__u64 huge = 0xffffffffffffffffull;
bool flag = true;
enum mode mode = MODE_AUTO;
int grid[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
struct shape shape = { .kind = 5, .level = -7, .wide = 1ull << 39, .area = 42, .colour = { 1, 2 } };
static int hidden = 7;
int class = 1; /* a word that Java keeps for itself */

__u64 runs;
struct counter totals[4];

struct counter local SEC(".percpu") = { 1, 2 };
__u32 last[4] SEC(".percpu");
__u64 sum SEC(".percpu.more") = 100;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct counter);
} flows SEC(".maps");

SEC("tc")
int count(struct __sk_buff *skb)
{
	__u32 key = skb->len;
	struct counter *flow = bpf_map_lookup_elem(&flows, &key);

	if (flow)
		flow->packets++;
	runs++;
	hidden++;
	totals[runs & 3].packets++;
	totals[runs & 3].bytes += skb->len;
	local.packets++;
	local.bytes += skb->len;
	last[runs & 3] = skb->len;
	sum += limit;
	shape.colour.green++;
	return mode == start ? number : class;
}

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return flag ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";

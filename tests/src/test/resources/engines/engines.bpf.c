// SPDX-License-Identifier: Apache-2.0
// Programs and maps for EnginesTest: everything here gives the same on every engine.
//
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c engines.bpf.c -o engines.bpf.o; llvm-strip-19 -g engines.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile __u32 limit = 100;
volatile __u64 total = 5;
volatile __u64 seen;
volatile __u32 lengths[4];
volatile __u64 requested;

struct event {
	__u64 number;
	__u32 length;
	__u32 verdict;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} per_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} samples SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
};

struct inner first SEC(".maps");
struct inner second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = {
	.values = { [0] = &first, [2] = &second },
};

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} requests SEC(".maps");

int drop(struct xdp_md *ctx);
int bounce(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, int(struct xdp_md *));
} jumps SEC(".maps") = {
	.values = { [1] = &drop },
};

static __always_inline __u8 first_byte(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;

	return data + 1 > (__u8 *)(long)ctx->data_end ? 0 : *data;
}

// Counts packets in variables, maps and the ring buffer.
SEC("xdp") int count(struct xdp_md *ctx)
{
	__u32 length = ctx->data_end - ctx->data, key = first_byte(ctx), zero = 0;
	__u32 verdict = length > limit ? XDP_DROP : XDP_PASS;
	__u64 one = 1, *value;
	struct event *event;

	seen++;
	total += length;
	lengths[key & 3] = length;
	value = bpf_map_lookup_elem(&flows, &key);
	if (value)
		__sync_fetch_and_add(value, 1);
	else
		bpf_map_update_elem(&flows, &key, &one, BPF_NOEXIST);
	value = bpf_map_lookup_elem(&per_cpu, &zero);
	if (value)
		*value += 1;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (event) {
		event->number = seen;
		event->length = length;
		event->verdict = verdict;
		bpf_ringbuf_submit(event, 0);
	}
	return verdict;
}

// Jumps to the slot that the first byte names.
SEC("xdp") int jump(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, first_byte(ctx));
	return XDP_PASS;
}

SEC("xdp") int drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp") int bounce(struct xdp_md *ctx)
{
	return XDP_TX;
}

// Sends a number and the packet's first 20 bytes to the CPU's perf ring.
SEC("xdp") int sample(struct xdp_md *ctx)
{
	__u32 number = first_byte(ctx);

	return -bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU | 20ULL << 32, &number, sizeof(number));
}

// Adds 1 to the element of the inner map that the first byte names.
SEC("xdp") int nested(struct xdp_md *ctx)
{
	__u32 slot = first_byte(ctx), zero = 0;
	void *inner = bpf_map_lookup_elem(&outer, &slot);
	__u64 *value;

	if (!inner)
		return XDP_ABORTED;
	value = bpf_map_lookup_elem(inner, &zero);
	if (!value)
		return XDP_DROP;
	*value += 1;
	return XDP_PASS;
}

static long request(struct bpf_dynptr *dynptr, void *ctx)
{
	__u64 *value = bpf_dynptr_data(dynptr, 0, sizeof(*value));

	if (!value)
		return 1;
	requested += *value;
	return 0;
}

// Adds up the requests; returns how many there were.
SEC("xdp") int drain(struct xdp_md *ctx)
{
	return bpf_user_ringbuf_drain(&requests, request, 0, 0);
}

SEC("xdp") int redirect(struct xdp_md *ctx)
{
	return bpf_redirect_map(&devices, first_byte(ctx), XDP_PASS);
}

// Overwrites the first byte and drops the last 10.
SEC("xdp") int rewrite(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;

	if (data + 1 > (__u8 *)(long)ctx->data_end)
		return XDP_ABORTED;
	*data += 1;
	return bpf_xdp_adjust_tail(ctx, -10) ? XDP_ABORTED : XDP_TX;
}

// Counts in skb->mark.
SEC("tc") int mark(struct __sk_buff *skb)
{
	skb->mark += 1;
	skb->cb[0] = skb->len;
	return skb->mark;
}

struct sum {
	__u64 a, b, sum;
};

SEC("syscall") int add(struct sum *sum)
{
	sum->sum = sum->a + sum->b;
	return (__u32)sum->sum;
}

SEC("raw_tp/sys_enter") int raw(struct bpf_raw_tracepoint_args *ctx)
{
	return (__u32)ctx->args[0] * 1000 + (__u32)ctx->args[1];
}

SEC("raw_tp/sys_enter") int which_cpu(void *ctx)
{
	return bpf_get_smp_processor_id();
}

SEC("kprobe/do_nanosleep") int probe(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

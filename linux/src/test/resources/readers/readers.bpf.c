// SPDX-License-Identifier: Apache-2.0
// Producers for the readers' tests: each run writes the packet's sequence number, then raises it in the packet, so that
// repeated runs write consecutive numbers. A record that finds no room is counted.
// Build: clang -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c readers.bpf.c -o readers.bpf.o && llvm-strip -g readers.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define ETH_LEN 14

struct event {
	__u64 thread;
	__u64 seq;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} commands SEC(".maps");

__u64 dropped;
__u64 drained_count;
__u64 drained_sum;
__u64 drained_last;

static struct event *event_of(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;

	if (data + ETH_LEN + sizeof(struct event) > (void *)(long)ctx->data_end)
		return 0;
	return data + ETH_LEN;
}

SEC("xdp")
int ring_output(struct xdp_md *ctx)
{
	struct event *packet = event_of(ctx), event;

	if (!packet)
		return XDP_ABORTED;
	event = *packet;
	packet->seq++;
	if (bpf_ringbuf_output(&ring, &event, sizeof(event), 0))
		__sync_fetch_and_add(&dropped, 1);
	return XDP_PASS;
}

// Every third record is discarded, and even numbers have 5 bytes more.
SEC("xdp")
int ring_reserve(struct xdp_md *ctx)
{
	struct event *packet = event_of(ctx), event, *record;
	__u64 seq;

	if (!packet)
		return XDP_ABORTED;
	event = *packet;
	packet->seq++;
	seq = event.seq;
	record = seq & 1 ? bpf_ringbuf_reserve(&ring, sizeof(*record), 0) : bpf_ringbuf_reserve(&ring, sizeof(*record) + 5, 0);
	if (!record) {
		__sync_fetch_and_add(&dropped, 1);
		return XDP_PASS;
	}
	*record = event;
	if (seq % 3 == 0)
		bpf_ringbuf_discard(record, 0);
	else
		bpf_ringbuf_submit(record, 0);
	return XDP_PASS;
}

// Odd numbers come with 8 bytes more, so that records wrap around.
SEC("xdp")
int perf_output(struct xdp_md *ctx)
{
	struct event *packet = event_of(ctx), event[2] = {};

	if (!packet)
		return XDP_ABORTED;
	event[0] = *packet;
	packet->seq++;
	if (bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, event, sizeof(*event) + (event->seq & 1) * 8))
		__sync_fetch_and_add(&dropped, 1);
	return XDP_PASS;
}

static long take(struct bpf_dynptr *record, void *unused)
{
	__u64 value = 0;

	bpf_dynptr_read(&value, sizeof(value), record, 0, 0);
	drained_count++;
	drained_sum += value;
	drained_last = value;
	return 0;
}

SEC("xdp")
int drain(struct xdp_md *ctx)
{
	return bpf_user_ringbuf_drain(&commands, take, 0, 0);
}

char LICENSE[] SEC("license") = "GPL";

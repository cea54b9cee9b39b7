// SPDX-License-Identifier: Apache-2.0
// Producers of records for the benchmarks of the kernel engine's readers: one record of 16 bytes per run.
// Build: clang -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c records.bpf.c -o records.bpf.o && llvm-strip -g records.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf SEC(".maps");

__u64 dropped;

struct record {
	__u64 first;
	__u64 second;
};

SEC("xdp")
int ring_record(struct xdp_md *ctx)
{
	struct record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (!record) {
		__sync_fetch_and_add(&dropped, 1);
		return XDP_DROP;
	}
	record->first = 1;
	record->second = 2;
	bpf_ringbuf_submit(record, 0);
	return XDP_PASS;
}

SEC("xdp")
int perf_record(struct xdp_md *ctx)
{
	struct record record = {1, 2};

	if (bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &record, sizeof(record))) {
		__sync_fetch_and_add(&dropped, 1);
		return XDP_DROP;
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";

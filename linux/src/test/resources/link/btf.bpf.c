// SPDX-License-Identifier: Apache-2.0
// Programs that attach to types of the kernel: iterators and a typed tracepoint.
//
// Build: clang -g -O2 -target bpf -fdebug-compilation-dir=. -c btf.bpf.c -o btf.bpf.o; llvm-strip -g btf.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

const volatile __u64 mark = 0;

struct seq_file;

struct iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct iter_map_elem {
	struct iter_meta *meta;
	void *map;
	void *key;
	__u64 *value;
};

struct iter_task {
	struct iter_meta *meta;
	void *task;
};

SEC("iter/bpf_map_elem")
int each_element(struct iter_map_elem *ctx)
{
	__u64 *value = ctx->value;
	__u64 copy;

	if (!value)
		return 0;
	copy = *value;
	bpf_seq_write(ctx->meta->seq, &copy, sizeof(copy));
	return 0;
}

SEC("iter/task")
int each_task(struct iter_task *ctx)
{
	char one = 1;

	if (ctx->task)
		bpf_seq_write(ctx->meta->seq, &one, sizeof(one));
	return 0;
}

SEC("tp_btf/sys_enter")
int on_typed_sys_enter(__u64 *ctx)
{
	__u32 slot = 0;
	__u64 *value;

	if (ctx[1] != mark)
		return 0;
	value = bpf_map_lookup_elem(&counts, &slot);
	if (value)
		__sync_fetch_and_add(value, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

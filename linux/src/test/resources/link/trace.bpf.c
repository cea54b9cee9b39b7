// SPDX-License-Identifier: Apache-2.0
// Programs for tracepoints, probes and iterators. Those that see every process count only what carries the mark that
// the test made up.
//
// Build: clang -g -O2 -target bpf -fdebug-compilation-dir=. -c trace.bpf.c -o trace.bpf.o; llvm-strip -g trace.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum slot { TRACEPOINT, RAW, PROBE, RETURN, MULTI, TICKS, COOKIE, SLOTS };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

const volatile __u64 mark = 0;

static __always_inline void count(__u32 slot)
{
	__u64 *value = bpf_map_lookup_elem(&counts, &slot);
	if (value)
		__sync_fetch_and_add(value, 1);
}

static __always_inline void note_cookie(__u64 cookie)
{
	__u32 slot = COOKIE;
	__u64 *value = bpf_map_lookup_elem(&counts, &slot);
	if (value)
		*value = cookie;
}

struct sys_enter {
	__u64 common;
	__u64 number;
	__u64 args[6];
};

SEC("tracepoint/syscalls/sys_enter_lseek")
int on_lseek(struct sys_enter *ctx)
{
	if (ctx->args[1] == mark) {
		count(TRACEPOINT);
		note_cookie(bpf_get_attach_cookie(ctx));
	}
	return 0;
}

SEC("raw_tp/sys_enter")
int on_sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[1] == mark)
		count(RAW);
	return 0;
}

SEC("uprobe")
int on_entry(void *ctx)
{
	count(PROBE);
	note_cookie(bpf_get_attach_cookie(ctx));
	return 0;
}

SEC("uretprobe")
int on_return(void *ctx)
{
	count(RETURN);
	return 0;
}

SEC("uprobe.multi")
int on_many(void *ctx)
{
	count(MULTI);
	note_cookie(bpf_get_attach_cookie(ctx));
	return 0;
}

SEC("kprobe.multi")
int on_kernel(void *ctx)
{
	count(MULTI);
	return 0;
}

SEC("perf_event")
int on_tick(void *ctx)
{
	count(TICKS);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

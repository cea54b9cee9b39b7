// SPDX-License-Identifier: Apache-2.0
// Counts its runs in a map that is shared by name.
// Build: clang -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c pinned.bpf.c -o pinned.bpf.o && llvm-strip -g pinned.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} runs SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&runs, &key);

	if (value)
		__sync_fetch_and_add(value, 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";

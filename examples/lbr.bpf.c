// SPDX-License-Identifier: Apache-2.0
// The last branches that each CPU took, each CPU's in memory of its own.
//
// A CPU records only its last 16 to 32 branches, so nothing may branch before the snapshot. With `lbrs[MAX_CPUS][32]` a
// program first has to ask for the number of its CPU and to keep the index inside the array; in SEC(".percpu.lbrs") the
// address is a constant and this CPU's base, one load and one addition, and there are as many copies as there are CPUs.
//
// Build: clang -g -O2 -target bpf -fdebug-compilation-dir=examples -c lbr.bpf.c -o lbr.bpf.o; llvm-strip -g lbr.bpf.o
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <bpf/bpf_helpers.h>

#define MAX_BRANCHES 32

static struct perf_branch_entry lbrs[MAX_BRANCHES] SEC(".percpu.lbrs");

// Bytes of lbrs that the last snapshot filled, or its errno, negative: a reader uses the records only if it is positive.
long lbrs_bytes SEC(".percpu");

SEC("raw_tp/sys_enter")
int snapshot(void *ctx)
{
	long bytes = bpf_get_branch_snapshot(lbrs, sizeof(lbrs), 0);

	lbrs_bytes = bytes;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

// SPDX-License-Identifier: Apache-2.0
// Variables with a copy for each CPU, in sections of every name that is one and some that are none.
//
// Build: clang -g -O2 -target bpf -fdebug-compilation-dir=. -c percpu.bpf.c -o percpu.bpf.o; llvm-strip -g percpu.bpf.o
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

int data SEC(".percpu") = -1;
int nums[7] SEC(".percpu");
bool set SEC(".percpu");
struct {
	char set;
	int i;
	int nums[7];
} struct_data SEC(".percpu") = { .i = -1 };
int cpu_id[1] SEC(".percpu");

int distant SEC(".percpu.looooooooong") = 5;
int more SEC(".percpu.data") = 6;
char five[5] SEC(".percpu.five") = { 1, 2, 3, 4, 5 };
char fmt[4] SEC(".percpu.fmt") = "%d";

int plain SEC(".data.percpu") = 7;
int other SEC(".percpux") = 8;
asm(".section .percpu.empty,\"aw\",@progbits\n.section .percpu.zero,\"aw\",@nobits\n.zero 8\n.text\n");

int run;

SEC("raw_tp/task_rename")
int update(void *ctx)
{
	data = 1;
	set = true;
	nums[6] = 0xc0de;
	struct_data.i = 1;
	struct_data.set = 1;
	struct_data.nums[6] = 0xc0de;
	cpu_id[0] = bpf_get_smp_processor_id();
	distant += more;
	five[4]++;
	__sync_fetch_and_add(&run, 1);
	return 0;
}

/* Uses no variable that is per CPU. */
SEC("raw_tp/task_rename")
int count(void *ctx)
{
	__sync_fetch_and_add(&run, 1);
	return plain;
}

char _license[] SEC("license") = "GPL";

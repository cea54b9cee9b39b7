// SPDX-License-Identifier: Apache-2.0
// Types that stand for a kernel's in the tests of CO-RE: other layouts of what core.bpf.c uses.
struct list_head {
	struct list_head *next, *prev;
};

struct mm_struct {
	int something_else;
};

struct task_struct {
	long state;
	union {
		struct {
			struct list_head tasks;
			unsigned long long tgid;
		};
		long other;
	};
	char comm[32];
	unsigned pad : 5;
	unsigned in_execve : 1;
	struct task_struct *group_leader;
	int pid;
};

enum bpf_map_type {
	BPF_MAP_TYPE_UNSPEC,
	BPF_MAP_TYPE_ARRAY,
	BPF_MAP_TYPE_HASH = 77,
};

struct task_struct *task;
struct mm_struct *mm;
enum bpf_map_type type;

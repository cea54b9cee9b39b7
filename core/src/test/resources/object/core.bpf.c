// SPDX-License-Identifier: Apache-2.0
// CO-RE relocations of every kind, against types of the kernel and against types that no kernel has.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define FOLLOW __attribute__((preserve_access_index))

struct list_head {
	struct list_head *next, *prev;
} FOLLOW;

struct mm_struct___mine {
	int no_such_member;
} FOLLOW;

struct task_struct {
	int pid;
	int tgid;
	char comm[16];
	struct task_struct *group_leader;
	unsigned in_execve : 1;
} FOLLOW;

struct no_such_struct {
	int x;
} FOLLOW;

enum bpf_map_type___mine {
	BPF_MAP_TYPE_HASH___mine = 99,
	BPF_MAP_TYPE_NEVER___mine = 100,
};

enum named {
	BYTE_OFF,
	BYTE_SIZE,
	MEMBER_THERE,
	MEMBER_MISSING,
	BITS,
	LOCAL_ID,
	TARGET_ID,
	TYPE_THERE,
	TYPE_MISSING,
	TYPE_SIZE,
	TYPE_MATCHES,
	ENUM_THERE,
	ENUM_MISSING,
	ENUM_VALUE,
	RESULTS,
};

__u64 results[RESULTS];

SEC("raw_tp/sys_enter")
int relocate(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	results[BYTE_OFF] = __builtin_preserve_field_info(task->tgid, BPF_FIELD_BYTE_OFFSET);
	results[BYTE_SIZE] = bpf_core_field_size(task->comm);
	results[MEMBER_THERE] = bpf_core_field_exists(task->group_leader);
	results[MEMBER_MISSING] = bpf_core_field_exists(((struct mm_struct___mine *)0)->no_such_member);
	results[BITS] = BPF_CORE_READ_BITFIELD_PROBED(task, in_execve);
	results[LOCAL_ID] = bpf_core_type_id_local(struct task_struct);
	results[TARGET_ID] = bpf_core_type_id_kernel(struct task_struct);
	results[TYPE_THERE] = bpf_core_type_exists(struct task_struct);
	results[TYPE_MISSING] = bpf_core_type_exists(struct no_such_struct);
	results[TYPE_SIZE] = bpf_core_type_size(struct list_head);
	results[TYPE_MATCHES] = bpf_core_type_matches(struct list_head);
	results[ENUM_THERE] = bpf_core_enum_value_exists(enum bpf_map_type___mine, BPF_MAP_TYPE_HASH___mine);
	results[ENUM_MISSING] = bpf_core_enum_value_exists(enum bpf_map_type___mine, BPF_MAP_TYPE_NEVER___mine);
	results[ENUM_VALUE] = bpf_core_enum_value(enum bpf_map_type___mine, BPF_MAP_TYPE_HASH___mine);
	return 0;
}

SEC("raw_tp/sys_enter")
int local_only(struct bpf_raw_tracepoint_args *ctx)
{
	return bpf_core_type_id_local(struct no_such_struct);
}

SEC("raw_tp/sys_enter")
int poisoned(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct no_such_struct *nothing = (void *)task;
	int x = 0;

	bpf_probe_read_kernel(&x, sizeof(x), &nothing->x);
	return x + BPF_CORE_READ(task, pid);
}

char _license[] SEC("license") = "GPL";

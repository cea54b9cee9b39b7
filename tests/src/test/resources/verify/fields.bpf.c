// SPDX-License-Identifier: Apache-2.0
// Pointers, work and locks that live in map values: one rule of the verifier per program. Names
// begin with "bad_" where Linux refuses the program.
//
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c fields.bpf.c -o fields.bpf.o; llvm-strip-19 -g fields.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __uptr __attribute__((btf_type_tag("uptr")))
#define KEEP __attribute__((preserve_access_index))
#define KFUNC extern __ksym
#define NEW(type) bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), NULL)
#define NEW_PERCPU(type) bpf_percpu_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), NULL)

struct task_struct {
	int pid;
} KEEP;
struct cgroup {
	int level;
} KEEP;
struct file {
	unsigned int f_flags;
} KEEP;
struct bpf_map {
	__u32 id;
} KEEP;
struct bpf_wq {
	__u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_task_work {
	__u64 opaque;
} __attribute__((aligned(8)));
struct bpf_res_spin_lock {
	__u32 val;
};

KFUNC struct task_struct *bpf_task_acquire(struct task_struct *task);
KFUNC struct task_struct *bpf_task_from_pid(int pid);
KFUNC void bpf_task_release(struct task_struct *task);
KFUNC struct cgroup *bpf_cgroup_from_id(__u64 id);
KFUNC void bpf_cgroup_release(struct cgroup *cgroup);
KFUNC void bpf_rcu_read_lock(void);
KFUNC void bpf_rcu_read_unlock(void);
KFUNC void bpf_preempt_disable(void);
KFUNC void bpf_preempt_enable(void);
KFUNC void bpf_local_irq_save(unsigned long *flags);
KFUNC void bpf_local_irq_restore(unsigned long *flags);
KFUNC void *bpf_obj_new_impl(__u64 type, void *meta);
KFUNC void bpf_obj_drop_impl(void *object, void *meta);
KFUNC void *bpf_percpu_obj_new_impl(__u64 type, void *meta);
KFUNC void bpf_percpu_obj_drop_impl(void *object, void *meta);
KFUNC int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags);
KFUNC int bpf_wq_start(struct bpf_wq *wq, unsigned int flags);
KFUNC int bpf_wq_set_callback_impl(struct bpf_wq *wq, int(callback)(void *, int *, void *),
				   unsigned int flags, void *aux);
KFUNC int bpf_task_work_schedule_signal_impl(struct task_struct *task, struct bpf_task_work *tw,
					     void *map,
					     int (*callback)(struct bpf_map *, void *, void *), void *aux);
KFUNC int bpf_res_spin_lock(struct bpf_res_spin_lock *lock);
KFUNC void bpf_res_spin_unlock(struct bpf_res_spin_lock *lock);
KFUNC int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock *lock, unsigned long *flags);
KFUNC void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock *lock, unsigned long *flags);
KFUNC int bpf_copy_from_user_str(void *dst, __u32 size, const void *from, __u64 flags);

struct numbers {
	__u64 a;
	__u64 b;
};
struct large {
	__u64 numbers[65];
};
struct pointing {
	struct task_struct *task;
};
struct own {
	__u64 number;
};
struct other {
	__u64 number;
};
struct nested {
	__u64 number;
	struct own __kptr *inner;
};

struct pointers {
	__u64 data;
	struct task_struct __kptr *task;
	struct task_struct __kptr_untrusted *raw;
	struct own __kptr *own;
	struct numbers __percpu_kptr *percpu;
	struct nested __kptr *nested;
	struct cgroup __kptr *cgroups[2];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct pointers);
} pointers SEC(".maps");

/* Linux creates these two maps, but knows of no field in them. */
struct unowned {
	__u64 data;
	struct file __kptr *file;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct unowned);
} unowned SEC(".maps");
struct many {
	struct task_struct __kptr *tasks[12];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct many);
} many SEC(".maps");

struct user {
	__u64 data;
	struct numbers __uptr *numbers;
};
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct user);
} users SEC(".maps");

struct work {
	__u64 data;
	struct bpf_wq wq;
	struct bpf_task_work task;
};
struct works {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, struct work);
} works SEC(".maps"), works2 SEC(".maps");

struct locked {
	struct bpf_res_spin_lock lock;
	__u32 count;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct locked);
} locks SEC(".maps");
struct spinning {
	struct bpf_spin_lock lock;
	__u32 count;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct spinning);
} spins SEC(".maps");

static __always_inline void *look(void *map, __u32 key)
{
	return bpf_map_lookup_elem(map, &key);
}

#define PROGRAM(section, name) \
	SEC(section) \
	int name(void *ctx)
#define POINTERS(section, name, ...) \
	PROGRAM(section, name) \
	{ \
		struct pointers *v = look(&pointers, 0); \
		struct task_struct *p, *q = NULL; \
		if (!v) \
			return 0; \
		__VA_ARGS__ \
	}

// Loads and stores -------------------------------------------------------------------------------

POINTERS("tc", load_owned, p = v->task; return p ? p->pid : 0;)
POINTERS("tc", bad_load_maybe_null, p = v->task; return p->pid;)
POINTERS("syscall", load_owned_where_one_sleeps, p = v->task; return p ? p->pid : 0;)
POINTERS("tc", acquire_owned, p = v->task; if (!p) return 0; p = bpf_task_acquire(p); if (p) bpf_task_release(p); return 0;)
POINTERS("syscall", bad_acquire_where_one_sleeps, p = v->task; if (!p) return 0; p = bpf_task_acquire(p); if (p) bpf_task_release(p); return 0;)
POINTERS("syscall", acquire_in_section, bpf_rcu_read_lock(); p = v->task; if (p) p = bpf_task_acquire(p); bpf_rcu_read_unlock(); if (p) bpf_task_release(p); return 0;)
POINTERS("syscall", bad_acquire_behind_section, bpf_rcu_read_lock(); p = v->task; bpf_rcu_read_unlock(); if (!p) return 0; p = bpf_task_acquire(p); if (p) bpf_task_release(p); return 0;)
POINTERS("tc", bad_release_loaded, p = v->task; if (p) bpf_task_release(p); return 0;)
POINTERS("tc", load_raw, p = v->raw; return p ? p->pid : 0;)
POINTERS("tc", bad_acquire_raw, p = v->raw; if (!p) return 0; p = bpf_task_acquire(p); if (p) bpf_task_release(p); return 0;)
POINTERS("tc", store_raw, p = bpf_task_from_pid(1); if (!p) return 0; v->raw = p; bpf_task_release(p); return 0;)
POINTERS("tc", store_raw_of_raw, v->raw = v->raw; return 0;)
POINTERS("tc", store_null, v->raw = NULL; return 0;)
POINTERS("tc", bad_store_number, *(volatile __u64 *)&v->raw = 1; return 0;)
POINTERS("tc", bad_store_context, *(void *volatile *)&v->raw = ctx; return 0;)
POINTERS("tc", bad_store_other_struct, struct cgroup *c = bpf_cgroup_from_id(1); if (!c) return 0; *(void *volatile *)&v->raw = c; bpf_cgroup_release(c); return 0;)
POINTERS("tc", bad_store_moved, p = bpf_task_from_pid(1); if (!p) return 0; *(void *volatile *)&v->raw = (void *)p + 8; bpf_task_release(p); return 0;)
POINTERS("tc", bad_store_owned, p = bpf_task_from_pid(1); if (!p) return 0; *(void *volatile *)&v->task = p; return 0;)
POINTERS("tc", bad_store_null_owned, *(void *volatile *)&v->task = NULL; return 0;)
POINTERS("tc", bad_store_percpu, *(void *volatile *)&v->percpu = NULL; return 0;)
POINTERS("tc", bad_half, return *(volatile __u32 *)&v->task;)
POINTERS("tc", bad_misaligned, return *(volatile __u64 *)((void *)&v->task + 1);)
POINTERS("tc", bad_across, return *(volatile __u64 *)((void *)&v->data + 4);)
POINTERS("tc", bad_add, __sync_fetch_and_add((__u64 *)&v->raw, 1); return 0;)
POINTERS("tc", bad_sign_extend, int x; asm volatile("%0 = *(s32 *)(%1 + 8)" : "=r"(x) : "r"(v)); return x;)
POINTERS("tc", bad_variable, __u32 i = bpf_get_prandom_u32(); asm volatile("%0 &= 8; %1 += %0" : "+r"(i), "+r"(v)); return *(volatile __u64 *)v;)
POINTERS("tc", bad_helper, __u32 key = 0; bpf_map_update_elem(&pointers, &key, v, 0); return 0;)
POINTERS("tc", bad_helper_part, bpf_probe_read_kernel(&v->data, 16, ctx); return 0;)
POINTERS("tc", helper_beside, bpf_probe_read_kernel(&v->data, 8, ctx); return 0;)
POINTERS("tc", array_of_pointers, struct cgroup *c = v->cgroups[1]; return c ? c->level : 0;)
PROGRAM("tc", fields_that_cannot_be) { struct unowned *v = look(&unowned, 0); return v ? *(volatile __u32 *)&v->file : 0; }
PROGRAM("tc", bad_exchange_unowned) { struct unowned *v = look(&unowned, 0); if (v) bpf_kptr_xchg(&v->file, NULL); return 0; }
PROGRAM("tc", bad_exchange_too_many) { struct many *v = look(&many, 0); if (v) bpf_kptr_xchg(&v->tasks[3], NULL); return 0; }

// bpf_kptr_xchg ----------------------------------------------------------------------------------

POINTERS("tc", exchange, p = bpf_task_from_pid(1); if (!p) return 0; q = bpf_kptr_xchg(&v->task, p); if (q) bpf_task_release(q); return 0;)
POINTERS("syscall", exchange_where_one_sleeps, p = bpf_task_from_pid(1); if (!p) return 0; q = bpf_kptr_xchg(&v->task, p); if (q) bpf_task_release(q); return 0;)
POINTERS("tc", exchange_null, q = bpf_kptr_xchg(&v->task, NULL); if (q) bpf_task_release(q); return 0;)
POINTERS("tc", exchange_in_array, struct cgroup *c = bpf_kptr_xchg(&v->cgroups[1], NULL); if (c) bpf_cgroup_release(c); return 0;)
POINTERS("tc", bad_exchange_leaks, p = bpf_task_from_pid(1); if (!p) return 0; bpf_kptr_xchg(&v->task, p); return 0;)
POINTERS("tc", bad_use_of_exchanged, p = bpf_task_from_pid(1); if (!p) return 0; q = bpf_kptr_xchg(&v->task, p); if (q) bpf_task_release(q); return p->pid;)
POINTERS("tc", bad_exchange_maybe_null, p = bpf_task_from_pid(1); q = bpf_kptr_xchg(&v->task, p); if (q) bpf_task_release(q); return 0;)
POINTERS("tc", bad_exchange_loaded, p = v->task; if (!p) return 0; q = bpf_kptr_xchg(&v->task, p); if (q) bpf_task_release(q); return 0;)
POINTERS("tc", bad_exchange_number, q = bpf_kptr_xchg(&v->task, (void *)1); if (q) bpf_task_release(q); return 0;)
POINTERS("tc", bad_exchange_moved, p = bpf_task_from_pid(1); if (!p) return 0; q = bpf_kptr_xchg(&v->task, (void *)p + 8); if (q) bpf_task_release(q); return 0;)
POINTERS("tc", bad_exchange_other_struct, struct cgroup *c = bpf_cgroup_from_id(1); if (!c) return 0; q = bpf_kptr_xchg((void **)&v->task, (void *)c); if (q) bpf_task_release(q); return 0;)
POINTERS("tc", bad_exchange_data, q = bpf_kptr_xchg((void **)&v->data, NULL); return 0;)
POINTERS("tc", bad_exchange_raw, q = bpf_kptr_xchg(&v->raw, NULL); return 0;)
POINTERS("tc", bad_exchange_middle, q = bpf_kptr_xchg((void **)((void *)&v->task + 4), NULL); return 0;)
POINTERS("tc", bad_exchange_variable, __u32 i = bpf_get_prandom_u32(); asm volatile("%0 &= 8; %1 += %0" : "+r"(i), "+r"(v)); q = bpf_kptr_xchg((void **)v, NULL); return 0;)
POINTERS("tc", bad_exchange_stack, void *s = NULL; q = bpf_kptr_xchg(&s, NULL); return 0;)
POINTERS("tc", bad_exchange_local_for_kernel, struct own *o = NEW(struct own); if (!o) return 0; q = bpf_kptr_xchg((void **)&v->task, (void *)o); if (q) bpf_task_release(q); return 0;)

// Objects of the program's own -------------------------------------------------------------------

POINTERS("tc", keep_own, struct own *o = NEW(struct own); if (!o) return 0; o->number = 1; o = bpf_kptr_xchg(&v->own, o); if (o) bpf_obj_drop_impl(o, NULL); return 0;)
POINTERS("tc", load_own, struct own *o = v->own; return o ? o->number : 0;)
POINTERS("tc", bad_store_into_loaded_own, struct own *o = v->own; if (!o) return 0; o->number = 1; bpf_obj_drop_impl(o, NULL); return 0;)
POINTERS("syscall", load_own_where_one_sleeps, struct own *o = v->own; return o ? o->number : 0;)
POINTERS("tc", bad_keep_other, struct other *o = NEW(struct other); if (!o) return 0; o = bpf_kptr_xchg((void **)&v->own, (void *)o); if (o) bpf_obj_drop_impl(o, NULL); return 0;)
POINTERS("tc", bad_own_leaks, struct own *o = bpf_kptr_xchg(&v->own, NULL); return o ? o->number : 0;)
POINTERS("tc", keep_in_object, struct nested *n = NEW(struct nested); struct own *o; if (!n) return 0; o = NEW(struct own); if (o) { o = bpf_kptr_xchg(&n->inner, o); if (o) bpf_obj_drop_impl(o, NULL); } bpf_obj_drop_impl(n, NULL); return 0;)
POINTERS("tc", bad_load_in_object, struct nested *n = NEW(struct nested); __u64 x; if (!n) return 0; x = *(volatile __u64 *)&n->inner; bpf_obj_drop_impl(n, NULL); return x;)
POINTERS("tc", bad_store_in_object, struct nested *n = NEW(struct nested); if (!n) return 0; *(volatile __u64 *)&n->inner = 0; bpf_obj_drop_impl(n, NULL); return 0;)
POINTERS("tc", bad_drop_kernel_struct, p = bpf_task_from_pid(1); if (p) bpf_obj_drop_impl(p, NULL); return 0;)

// A copy for every CPU ---------------------------------------------------------------------------

POINTERS("tc", percpu_keep, struct numbers *n = NEW_PERCPU(struct numbers); if (!n) return 0; n = bpf_kptr_xchg(&v->percpu, n); if (n) bpf_percpu_obj_drop_impl(n, NULL); return 0;)
POINTERS("tc", percpu_use, struct numbers *n = v->percpu, *c; if (!n) return 0; c = bpf_this_cpu_ptr(n); c->a = 1; return c->b;)
POINTERS("tc", percpu_use_of_cpu, struct numbers *n = v->percpu, *c; if (!n) return 0; c = bpf_per_cpu_ptr(n, 0); return c ? c->b : 0;)
POINTERS("tc", bad_percpu_use_directly, struct numbers *n = v->percpu; return n ? n->a : 0;)
POINTERS("syscall", bad_percpu_where_one_sleeps, struct numbers *n = v->percpu, *c; if (!n) return 0; c = bpf_this_cpu_ptr(n); return c->a;)
POINTERS("tc", percpu_use_after_exchange, struct numbers *n = NEW_PERCPU(struct numbers), *o, *c; if (!n) return 0; o = bpf_kptr_xchg(&v->percpu, n); if (o) bpf_percpu_obj_drop_impl(o, NULL); c = bpf_this_cpu_ptr(n); return c->a;)
POINTERS("syscall", bad_percpu_use_after_exchange, struct numbers *n = NEW_PERCPU(struct numbers), *o, *c; if (!n) return 0; o = bpf_kptr_xchg(&v->percpu, n); if (o) bpf_percpu_obj_drop_impl(o, NULL); c = bpf_this_cpu_ptr(n); return c->a;)
POINTERS("tc", bad_percpu_beyond, struct numbers *n = v->percpu, *c; if (!n) return 0; c = bpf_this_cpu_ptr(n); return ((volatile __u64 *)c)[2];)
POINTERS("tc", bad_percpu_drop_as_object, struct numbers *n = NEW_PERCPU(struct numbers); if (n) bpf_obj_drop_impl(n, NULL); return 0;)
POINTERS("tc", bad_drop_as_percpu, struct own *n = NEW(struct own); if (n) bpf_percpu_obj_drop_impl(n, NULL); return 0;)
POINTERS("tc", bad_percpu_in_owned, struct own *n = NEW_PERCPU(struct own); if (!n) return 0; n = bpf_kptr_xchg(&v->own, n); if (n) bpf_obj_drop_impl(n, NULL); return 0;)
POINTERS("tc", owned_in_percpu, struct numbers *n = NEW(struct numbers); if (!n) return 0; n = bpf_kptr_xchg(&v->percpu, n); if (n) bpf_percpu_obj_drop_impl(n, NULL); return 0;)
POINTERS("tc", bad_percpu_large, struct large *n = NEW_PERCPU(struct large); if (n) bpf_percpu_obj_drop_impl(n, NULL); return 0;)
POINTERS("tc", bad_percpu_pointers, struct pointing *n = NEW_PERCPU(struct pointing); if (n) bpf_percpu_obj_drop_impl(n, NULL); return 0;)
POINTERS("tc", bad_percpu_special, struct nested *n = NEW_PERCPU(struct nested); if (n) bpf_percpu_obj_drop_impl(n, NULL); return 0;)
POINTERS("tc", bad_percpu_of_nothing, void *n = bpf_percpu_obj_new_impl(0, NULL); if (n) bpf_percpu_obj_drop_impl(n, NULL); return 0;)
POINTERS("tc", bad_object_of_large_number, void *n = bpf_obj_new_impl(1ULL << 32, NULL); if (n) bpf_obj_drop_impl(n, NULL); return 0;)

// Pointers to user memory ------------------------------------------------------------------------

#define USER(name, ...) \
	PROGRAM("raw_tp", name) \
	{ \
		struct user *v = bpf_task_storage_get(&users, bpf_get_current_task_btf(), 0, 0); \
		struct numbers *n; \
		if (!v) \
			return 0; \
		__VA_ARGS__ \
	}
USER(user_load, n = v->numbers; return n ? n->b : 0;)
USER(user_store, n = v->numbers; if (n) n->b = 1; return 0;)
USER(bad_user_null, n = v->numbers; return n->b;)
USER(bad_user_beyond, n = v->numbers; return n ? ((volatile __u64 *)n)[2] : 0;)
USER(bad_user_set, *(volatile __u64 *)&v->numbers = 0; return 0;)
USER(bad_user_set_pointer, n = v->numbers; *(void *volatile *)&v->numbers = n; return 0;)
USER(bad_user_exchange, bpf_kptr_xchg(&v->numbers, NULL); return 0;)

// Work queues and work of tasks ------------------------------------------------------------------

static int later(void *map, int *key, void *value)
{
	((struct work *)value)->data++;
	return 0;
}
static int later_sleeps(void *map, int *key, void *value)
{
	char text[8];

	bpf_copy_from_user_str(text, 8, NULL, 0);
	return 0;
}
static int later_one(void *map, int *key, void *value)
{
	return 1;
}
static int later_any(struct bpf_map *map, void *key, void *value)
{
	return -5;
}

#define WORK(section, name, ...) \
	PROGRAM(section, name) \
	{ \
		struct work *v = look(&works, 0); \
		if (!v) \
			return 0; \
		__VA_ARGS__ \
		return 0; \
	}
WORK("tc", queue_work, if (!bpf_wq_init(&v->wq, &works, 0) && !bpf_wq_set_callback_impl(&v->wq, later, 0, NULL)) bpf_wq_start(&v->wq, 0);)
WORK("tc", queue_work_that_sleeps, bpf_wq_set_callback_impl(&v->wq, later_sleeps, 0, NULL);)
WORK("tc", bad_queue_other_map, bpf_wq_init(&v->wq, &works2, 0);)
WORK("tc", bad_queue_at_other_place, bpf_wq_init((void *)&v->data, &works, 0);)
WORK("tc", bad_queue_stack, struct bpf_wq wq = {}; bpf_wq_init(&wq, &works, 0);)
WORK("tc", bad_queue_without_map, bpf_wq_init(&v->wq, v, 0);)
WORK("tc", bad_queue_number_for_map, bpf_wq_init(&v->wq, (void *)1, 0);)
WORK("tc", bad_queue_returns_one, bpf_wq_set_callback_impl(&v->wq, later_one, 0, NULL);)
WORK("tc", bad_queue_no_function, bpf_wq_set_callback_impl(&v->wq, (void *)v, 0, NULL);)
WORK("tc", bad_queue_touched, *(volatile __u64 *)&v->wq = 0;)
PROGRAM("tc", bad_queue_maybe_null) { struct work *v = look(&works, 0); bpf_wq_start(&v->wq, 0); return 0; }
PROGRAM("tc", bad_queue_in_other_map) { struct pointers *v = look(&pointers, 0); if (v) bpf_wq_start((void *)v, 0); return 0; }
PROGRAM("raw_tp", bad_queue_when_tracing) { struct work *v = look(&works, 0); if (v) bpf_wq_start(&v->wq, 0); return 0; }

#define TASK_WORK(name, ...) WORK("tc", name, struct task_struct *p = bpf_task_from_pid(1); if (!p) return 0; __VA_ARGS__; bpf_task_release(p);)
TASK_WORK(task_work, bpf_task_work_schedule_signal_impl(p, &v->task, &works, later_any, NULL))
TASK_WORK(bad_task_work_other_map, bpf_task_work_schedule_signal_impl(p, &v->task, &works2, later_any, NULL))
TASK_WORK(bad_task_work_place, bpf_task_work_schedule_signal_impl(p, (void *)&v->data, &works, later_any, NULL))
TASK_WORK(bad_task_work_null, bpf_task_work_schedule_signal_impl(p, NULL, &works, later_any, NULL))
TASK_WORK(bad_task_work_stack, __u64 tw = 0; bpf_task_work_schedule_signal_impl(p, (void *)&tw, &works, later_any, NULL))
TASK_WORK(bad_task_work_no_map, bpf_task_work_schedule_signal_impl(p, &v->task, NULL, later_any, NULL))
TASK_WORK(bad_task_work_touched, v->task.opaque = 1)
WORK("tc", bad_task_work_no_task, bpf_task_work_schedule_signal_impl(NULL, &v->task, &works, later_any, NULL);)

// Locks that may fail ----------------------------------------------------------------------------

#define LOCKS(name, ...) \
	PROGRAM("tc", name) \
	{ \
		struct locked *a = look(&locks, 0), *b = look(&locks, 1); \
		unsigned long f = 0, g = 0; \
		int r; \
		if (!a || !b) \
			return 0; \
		__VA_ARGS__ \
		return 0; \
	}
LOCKS(lock, if (bpf_res_spin_lock(&a->lock)) return 1; a->count++; bpf_res_spin_unlock(&a->lock);)
LOCKS(lock_result, r = bpf_res_spin_lock(&a->lock); if (r) return r < -4095; bpf_res_spin_unlock(&a->lock); return r;)
LOCKS(bad_lock_unchecked, bpf_res_spin_lock(&a->lock); bpf_res_spin_unlock(&a->lock);)
LOCKS(bad_lock_kept, if (bpf_res_spin_lock(&a->lock)) return 1;)
LOCKS(bad_lock_twice, if (bpf_res_spin_lock(&a->lock)) return 1; if (!bpf_res_spin_lock(&a->lock)) bpf_res_spin_unlock(&a->lock); bpf_res_spin_unlock(&a->lock);)
LOCKS(lock_two, if (bpf_res_spin_lock(&a->lock)) return 1; if (!bpf_res_spin_lock(&b->lock)) bpf_res_spin_unlock(&b->lock); bpf_res_spin_unlock(&a->lock);)
LOCKS(bad_lock_order, if (bpf_res_spin_lock(&a->lock)) return 1; if (bpf_res_spin_lock(&b->lock)) { bpf_res_spin_unlock(&a->lock); return 1; } bpf_res_spin_unlock(&a->lock); bpf_res_spin_unlock(&b->lock);)
LOCKS(bad_unlock_other, if (bpf_res_spin_lock(&a->lock)) return 1; bpf_res_spin_unlock(&b->lock);)
LOCKS(bad_unlock_free, bpf_res_spin_unlock(&a->lock);)
LOCKS(bad_helper_under_lock, if (bpf_res_spin_lock(&a->lock)) return 1; bpf_get_prandom_u32(); bpf_res_spin_unlock(&a->lock);)
LOCKS(bad_kfunc_under_lock, if (bpf_res_spin_lock(&a->lock)) return 1; bpf_rcu_read_lock(); bpf_res_spin_unlock(&a->lock);)
LOCKS(bad_lock_place, bpf_res_spin_lock((void *)&a->count);)
LOCKS(bad_lock_touched, *(volatile __u32 *)&a->lock = 0;)
LOCKS(bad_lock_stack, __u32 l = 0; bpf_res_spin_lock((void *)&l);)
LOCKS(lock_irq, if (bpf_res_spin_lock_irqsave(&a->lock, &f)) return 1; a->count++; bpf_res_spin_unlock_irqrestore(&a->lock, &f);)
LOCKS(lock_irq_two, if (bpf_res_spin_lock_irqsave(&a->lock, &f)) return 1; if (!bpf_res_spin_lock_irqsave(&b->lock, &g)) bpf_res_spin_unlock_irqrestore(&b->lock, &g); bpf_res_spin_unlock_irqrestore(&a->lock, &f);)
LOCKS(bad_lock_irq_plain_unlock, if (bpf_res_spin_lock_irqsave(&a->lock, &f)) return 1; bpf_res_spin_unlock(&a->lock);)
LOCKS(bad_lock_plain_irq_unlock, bpf_local_irq_save(&f); if (!bpf_res_spin_lock(&a->lock)) bpf_res_spin_unlock_irqrestore(&a->lock, &f);)
LOCKS(bad_lock_irq_native_restore, if (bpf_res_spin_lock_irqsave(&a->lock, &f)) return 1; bpf_local_irq_restore(&f);)
LOCKS(bad_native_irq_lock_restore, bpf_local_irq_save(&g); if (!bpf_res_spin_lock_irqsave(&a->lock, &f)) bpf_res_spin_unlock_irqrestore(&a->lock, &g);)
LOCKS(bad_lock_irq_flag_twice, if (bpf_res_spin_lock_irqsave(&a->lock, &f)) return 1; if (!bpf_res_spin_lock_irqsave(&b->lock, &f)) bpf_res_spin_unlock_irqrestore(&b->lock, &f);)
LOCKS(bad_lock_irq_flag_order, if (bpf_res_spin_lock_irqsave(&a->lock, &f)) return 1; if (bpf_res_spin_lock_irqsave(&b->lock, &g)) { bpf_res_spin_unlock_irqrestore(&a->lock, &f); return 1; } bpf_res_spin_unlock_irqrestore(&b->lock, &f); bpf_res_spin_unlock_irqrestore(&a->lock, &g);)
LOCKS(bad_lock_irq_flag_in_map, bpf_res_spin_lock_irqsave(&a->lock, (void *)&b->count);)
PROGRAM("tc", bad_lock_spin_lock) { struct spinning *v = look(&spins, 0); if (v) bpf_res_spin_lock((void *)&v->lock); return 0; }
PROGRAM("tc", bad_spin_res_lock) { struct locked *v = look(&locks, 0); if (v) bpf_spin_lock((void *)&v->lock); return 0; }
PROGRAM("tc", spin_in_res) { struct locked *a = look(&locks, 0); struct spinning *v = look(&spins, 0); if (!v || !a) return 0; bpf_spin_lock(&v->lock); if (!bpf_res_spin_lock(&a->lock)) bpf_res_spin_unlock(&a->lock); bpf_spin_unlock(&v->lock); return 0; }
PROGRAM("raw_tp", bad_lock_when_tracing) { struct locked *v = look(&locks, 0); if (v && !bpf_res_spin_lock(&v->lock)) bpf_res_spin_unlock(&v->lock); return 0; }

// Where one may sleep ----------------------------------------------------------------------------

POINTERS("syscall", sleep, char text[8]; bpf_copy_from_user_str(text, 8, NULL, 0); return 0;)
POINTERS("tc", bad_sleep, char text[8]; bpf_copy_from_user_str(text, 8, NULL, 0); return 0;)
POINTERS("syscall", bad_sleep_in_section, char text[8]; bpf_rcu_read_lock(); bpf_copy_from_user_str(text, 8, NULL, 0); bpf_rcu_read_unlock(); return 0;)
POINTERS("syscall", bad_helper_sleeps_in_section, char text[8]; bpf_rcu_read_lock(); bpf_copy_from_user(text, 8, NULL); bpf_rcu_read_unlock(); return 0;)
POINTERS("syscall", bad_helper_sleeps_without_preemption, char text[8]; bpf_preempt_disable(); bpf_copy_from_user(text, 8, NULL); bpf_preempt_enable(); return 0;)
POINTERS("syscall", bad_helper_sleeps_without_interrupts, char text[8]; unsigned long f; bpf_local_irq_save(&f); bpf_copy_from_user(text, 8, NULL); bpf_local_irq_restore(&f); return 0;)

char _license[] SEC("license") = "GPL";

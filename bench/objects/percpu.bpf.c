// SPDX-License-Identifier: Apache-2.0
// Programs of the per-CPU benchmark: one or 32 increments or hash operations a run.
// With -DVARIABLES the .percpu variables, without it all that Linux 6.18 can load, too.
// Build: clang -O2 -g -target bpf -fdebug-compilation-dir=. -c percpu.bpf.c -o percpu-maps.bpf.o
//        clang -O2 -g -target bpf -fdebug-compilation-dir=. -DVARIABLES -c percpu.bpf.c -o percpu.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAP(name, map_type)				\
	struct {					\
		__uint(type, map_type);			\
		__uint(max_entries, 64);		\
		__type(key, __u32);			\
		__type(value, __u64);			\
	} name SEC(".maps")

#define TIMES_4(step) step step step step
#define TIMES_32(step) TIMES_4(TIMES_4(step)) TIMES_4(TIMES_4(step))

#define PROGRAMS(name, step)				\
	SEC("xdp")					\
	int name##_1(struct xdp_md *ctx)		\
	{						\
		__u32 key = ctx->rx_queue_index;	\
							\
		step					\
		return XDP_PASS;			\
	}						\
							\
	SEC("xdp")					\
	int name##_32(struct xdp_md *ctx)		\
	{						\
		__u32 key = ctx->rx_queue_index;	\
							\
		TIMES_32(step)				\
		return XDP_PASS;			\
	}

#ifdef VARIABLES

SEC(".percpu") volatile __u64 counter;
SEC(".percpu") __u64 shared;

/* The compiler keeps the address in a register as long as it can, so a use of all of them makes it anew. */
#define anew() asm volatile("" ::: "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9")

PROGRAMS(variable, counter += 1; )
PROGRAMS(variable_anew, counter += 1; anew(); )
PROGRAMS(variable_atomic, __sync_fetch_and_add(&shared, 1); )

#else

MAP(array, BPF_MAP_TYPE_ARRAY);
MAP(percpu_array, BPF_MAP_TYPE_PERCPU_ARRAY);
MAP(hash, BPF_MAP_TYPE_HASH);

/* Every operation takes another key, as those of a real program do. */
#define LOOKUP(map, operation)				\
	{						\
		__u64 *value = bpf_map_lookup_elem(&map, &key);	\
							\
		if (value)				\
			operation;			\
		key = (key + 1) & 63;			\
	}

#define UPDATE(map)					\
	{						\
		__u64 value = key;			\
							\
		bpf_map_update_elem(&map, &key, &value, BPF_ANY);	\
		key = (key + 1) & 63;			\
	}

PROGRAMS(empty, asm volatile(""); )
PROGRAMS(array, LOOKUP(array, *(volatile __u64 *)value += 1))
PROGRAMS(array_atomic, LOOKUP(array, __sync_fetch_and_add(value, 1)))
PROGRAMS(percpu_array, LOOKUP(percpu_array, *(volatile __u64 *)value += 1))
PROGRAMS(percpu_array_atomic, LOOKUP(percpu_array, __sync_fetch_and_add(value, 1)))
PROGRAMS(hash_lookup, LOOKUP(hash, *(volatile __u64 *)value += 1))
PROGRAMS(hash_update, UPDATE(hash))

#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";

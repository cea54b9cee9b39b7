// SPDX-License-Identifier: Apache-2.0
// Maps with values of many types. views.txt is what bpftool 7.1 dumped of them on Linux 6.18 with two CPUs, after a run
// on CPU 1. With -DVARIABLES the global variables are per CPU, which that kernel does not have.
// Build: clang -g -O2 -target bpf -fdebug-compilation-dir=. -c views.bpf.c -o views.bpf.o; llvm-strip -g views.bpf.o
//        clang -DVARIABLES .. -o variables.bpf.o
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#define PERCPU_ARRAY(name, of) \
	struct { \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
		__uint(max_entries, 1); \
		__type(key, __u32); \
		__type(value, of); \
	} name SEC(".maps")

enum mode { OFF, SLOW = 3, FAST };

struct all {
	__u8 byte;
	__s16 number;
	char text[8];
	char binary[4];
	__u32 words[3];
	bool flag;
	enum mode mode, unknown;
	unsigned int low : 3, high : 13;
	int sign : 4;
	union {
		__u64 wide;
		__u32 half;
	};
	struct {
		__s64 least;
		__u64 most;
	} inner[2];
	void *none, *pointer;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u64);
	__type(value, struct all);
} hash SEC(".maps");

PERCPU_ARRAY(percpu, struct all);
PERCPU_ARRAY(number, __u32);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__uint(value_size, 4);
} bare4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 17);
} bare17 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__uint(key_size, 8);
	__uint(value_size, 16);
} pair SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__uint(value_size, 35);
} wide SEC(".maps");

#ifdef VARIABLES
#define GLOBAL SEC(".percpu")
#else
#define GLOBAL SEC(".data")
#endif
int data GLOBAL = -1;
struct all all GLOBAL = {
	.byte = 255, .number = -2, .text = "hello", .binary = { 1, 2, 3, 4 }, .words = { 1, 2, 0xffffffff },
	.flag = true, .mode = FAST, .unknown = 77, .low = 5, .high = 4097, .sign = -3, .wide = 1ull << 63,
	.inner = { { -9223372036854775807ll - 1, -1ull }, { 5, 6 } }, .pointer = (void *)0xffff888000001000,
};
#ifdef VARIABLES
double ratio GLOBAL = 0.5;
#endif

#define FILL(map, key_type, size) \
	do { \
		key_type key = 0; \
		char value[size]; \
		for (int i = 0; i < size; i++) \
			value[i] = i + 1; \
		bpf_map_update_elem(&map, &key, value, 0); \
	} while (0)

SEC("raw_tp")
int fill(void *ctx)
{
	__u32 zero = 0;
	__u64 key = 7;
	__u32 five = 5;

	bpf_map_update_elem(&hash, &key, &all, 0);
	bpf_map_update_elem(&percpu, &zero, &all, 0);
	bpf_map_update_elem(&number, &zero, &five, 0);
	FILL(bare4, __u32, 4);
	FILL(bare17, __u32, 17);
	FILL(pair, __u64, 16);
	FILL(wide, __u32, 35);
	data++;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

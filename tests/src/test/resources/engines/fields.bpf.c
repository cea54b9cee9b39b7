// SPDX-License-Identifier: Apache-2.0
// Special fields of values: a timer that starts itself again, a counter behind a lock.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct clock {
	struct bpf_timer timer;
	__u64 period;
	__u64 left;
	__u64 fired;
	__u64 keys;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct clock);
} clocks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u64);
	__type(value, struct clock);
} named SEC(".maps");

struct guarded {
	__u64 first;
	struct bpf_spin_lock lock;
	__u64 second;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guarded);
} pairs SEC(".maps");

__u64 array_result, hash_result;

static int on_array(void *map, __u32 *key, struct clock *clock)
{
	clock->keys += *key;
	clock->fired++;
	if (clock->left && --clock->left)
		bpf_timer_start(&clock->timer, clock->period, 0);
	return 0;
}

static int on_hash(void *map, __u64 *key, struct clock *clock)
{
	clock->keys += *key;
	clock->fired++;
	/* A callback cannot cancel the timer that runs it. */
	clock->left = bpf_timer_cancel(&clock->timer);
	return 0;
}

SEC("tc")
int start_array(struct __sk_buff *skb)
{
	__u32 key = 2;
	struct clock *clock = bpf_map_lookup_elem(&clocks, &key);

	if (!clock)
		return 1;
	clock->period = 1000;
	clock->left = 5;
	array_result = bpf_timer_init(&clock->timer, &clocks, 1);
	array_result |= bpf_timer_set_callback(&clock->timer, on_array);
	array_result |= bpf_timer_start(&clock->timer, 1000, 0);
	return 0;
}

SEC("tc")
int start_hash(struct __sk_buff *skb)
{
	__u64 key = 77;
	struct clock *clock = bpf_map_lookup_elem(&named, &key);

	if (!clock)
		return 1;
	hash_result = bpf_timer_init(&clock->timer, &named, 0);
	hash_result |= bpf_timer_set_callback(&clock->timer, on_hash);
	hash_result |= bpf_timer_start(&clock->timer, skb->mark, 0);
	return 0;
}

SEC("tc")
int cancel_hash(struct __sk_buff *skb)
{
	__u64 key = 77;
	struct clock *clock = bpf_map_lookup_elem(&named, &key);

	return clock ? bpf_timer_cancel(&clock->timer) : 100;
}

SEC("tc")
int add(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct guarded *pair = bpf_map_lookup_elem(&pairs, &key);

	if (!pair)
		return 1;
	bpf_spin_lock(&pair->lock);
	pair->first++;
	pair->second = pair->first;
	bpf_spin_unlock(&pair->lock);
	return 0;
}

char _license[] SEC("license") = "GPL";

// SPDX-License-Identifier: Apache-2.0
// Programs whose logs or counters show a rule of the verifier that nothing else here shows.
//
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c logs.bpf.c -o logs.bpf.o; llvm-strip-19 -g logs.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} queues SEC(".maps");

struct locked {
	struct bpf_spin_lock lock;
	__u32 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, struct locked);
} storage SEC(".maps");

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

struct task_struct *bpf_task_from_pid(int pid) __ksym __weak;
void bpf_task_release(struct task_struct *task) __ksym __weak;

/* Corking does not move the message's data: pointers into it stay. */
SEC("sk_msg")
int cork_keeps_packet(struct sk_msg_md *msg)
{
	unsigned char *data = (void *)(long)msg->data;
	void *end = (void *)(long)msg->data_end;

	if (data + 8 > (unsigned char *)end)
		return 1;
	bpf_msg_cork_bytes(msg, 8);
	return data[7] & 1;
}

/* Pulling does. */
SEC("sk_msg")
int pull_forgets_packet(struct sk_msg_md *msg)
{
	unsigned char *data = (void *)(long)msg->data;
	void *end = (void *)(long)msg->data_end;

	if (data + 8 > (unsigned char *)end)
		return 1;
	bpf_msg_pull_data(msg, 0, 8, 0);
	return data[7] & 1;
}

/* A socket of a map and one that was looked up do not compare equal. */
SEC("tc")
int sockets_of_two_kinds(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {};
	__u32 zero = 0;
	struct bpf_sock *sk;
	long ret;

	sk = bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (!sk) {
		sk = bpf_map_lookup_elem(&sockets, &zero);
		if (!sk)
			return 2;
	}
	ret = bpf_sk_assign(skb, sk, 0);
	bpf_sk_release(sk);
	return ret ? 2 : 0;
}

/* Equal to something that is not null: a value of an xskmap becomes a socket. */
SEC("xdp")
int equal_to_a_socket(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct bpf_xdp_sock *first = bpf_map_lookup_elem(&queues, &zero);
	struct bpf_xdp_sock *second = bpf_map_lookup_elem(&queues, &zero);

	if (!first)
		return XDP_PASS;
	if (first != second)
		return XDP_DROP;
	return second->queue_id ? XDP_PASS : XDP_DROP;
}

/* The id of a value with a lock is shown where there is no null test, too. */
SEC("cgroup_skb/egress")
int storage_with_a_lock(struct __sk_buff *skb)
{
	struct locked *value = bpf_get_local_storage(&storage, 0);

	bpf_spin_lock(&value->lock);
	value->count++;
	bpf_spin_unlock(&value->lock);
	return 1;
}

/* What a kernel function acquired is no trusted pointer by its type: it has a reference. */
SEC("raw_tp/sys_enter")
int acquired_task(void *ctx)
{
	struct task_struct *task = bpf_task_from_pid(1);

	if (!task)
		return 0;
	bpf_task_release(task);
	return 0;
}

char _license[] SEC("license") = "GPL";

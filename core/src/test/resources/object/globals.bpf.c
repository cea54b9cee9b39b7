// SPDX-License-Identifier: Apache-2.0
// Variables of every data section.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct pair {
	char tag;
	long value;
};

const volatile int limit = 100;
const volatile char names[2][8] = {"one", "two"};
int counter = 42;
static int hidden_counter = 7;
long zero;
int buckets[4];
int custom SEC(".data.custom") = 1;
const volatile int frozen SEC(".rodata.frozen") = 2;
int later SEC(".bss.later");
struct pair here SEC(".percpu") = {1, -1};
int last[3] SEC(".percpu") = {1, 2, 3};
char format[8] SEC(".percpu.fmt") = "%d";
__hidden int concealed = 9;

SEC("socket")
int use(struct __sk_buff *skb)
{
	static long here_too;

	here_too += limit + names[1][0];
	counter += hidden_counter++;
	zero++;
	buckets[2] = custom + frozen + later++;
	here.value += last[1] + format[0] + concealed++;
	bpf_printk("sum %ld", here_too);
	return counter;
}

char _license[] SEC("license") = "Dual BSD/GPL";
__u32 _version SEC("version") = 0x60c00;

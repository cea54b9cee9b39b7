// SPDX-License-Identifier: Apache-2.0
// Types of every kind and layout that the dumps print.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct forward;
union forward_union;
enum small { SMALL_A, SMALL_B = 200 } __attribute__((packed));
enum big { BIG = 0x123456789abcULL, BIGGER = ~0ULL };
enum negative { NEGATIVE = -5, POSITIVE = 7 };
typedef int (*handler_t)(int, const char *, ...);
typedef handler_t (*chooser_t)(void);

struct packed {
	char c;
	long l;
	int tail;
} __attribute__((packed));

struct empty {};

struct holes {
	char a;
	int b : 3;
	unsigned : 0;
	unsigned c : 7;
	unsigned long d : 33;
	char e;
	long f __attribute__((aligned(32)));
	short g;
};

struct node {
	struct node *next;
	struct forward *forward;
	union forward_union *other;
	union {
		int as_int;
		float as_float;
		struct {
			char low, high;
		};
	};
	enum { ANONYMOUS_A, ANONYMOUS_B } anonymous;
	const volatile int *const restrict_me;
	int matrix[3][5];
	handler_t handlers[4];
	int (*(*pointers[2])(struct node *, void (*)(void)))[7];
	chooser_t choose;
	enum small small;
	enum big big;
	enum negative negative;
	struct packed packed;
	struct empty empty;
	struct holes holes;
	int __attribute__((btf_type_tag("user"))) *user;
	_Bool flag;
	double number;
	__int128 wide;
	char flexible[];
};

struct node *global_node __attribute__((btf_decl_tag("note")));
extern int declared_only(struct node *restrict node, int many) __ksym __weak;
static volatile const long fixed = 5;

__attribute__((noinline)) int tagged(struct node *node __attribute__((btf_decl_tag("arg:nullable"))))
{
	return node ? 1 : 0;
}

SEC("socket")
int use(struct __sk_buff *skb)
{
	if (declared_only)
		declared_only(global_node, 1);
	return tagged(global_node) + fixed;
}

char _license[] SEC("license") = "GPL";

// SPDX-License-Identifier: Apache-2.0
// Lists, trees and objects that programs allocate: who owns what, under which lock. graph.txt holds
// what Linux 6.18 says to each program.
//
// Build: clang-19 -g -O2 -target bpf -mcpu=v3 -fdebug-compilation-dir=. -c graph.bpf.c -o graph.bpf.o; llvm-strip-19 -g graph.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

// The kernel tells special fields by the names and sizes of their structs.
struct bpf_list_head { __u64 space[2]; } __attribute__((aligned(8)));
struct bpf_list_node { __u64 space[3]; } __attribute__((aligned(8)));
struct bpf_rb_root { __u64 space[2]; } __attribute__((aligned(8)));
struct bpf_rb_node { __u64 space[4]; } __attribute__((aligned(8)));
struct bpf_refcount { __u32 space[1]; } __attribute__((aligned(4)));

typedef _Bool (less_fn)(struct bpf_rb_node *, const struct bpf_rb_node *);

extern void *bpf_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym;
extern void *bpf_refcount_acquire_impl(void *object, void *meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head *, struct bpf_list_node *, void *meta, __u64) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head *, struct bpf_list_node *, void *meta, __u64) __ksym;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *) __ksym;
extern struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *) __ksym;
extern struct bpf_list_node *bpf_list_front(struct bpf_list_head *) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *, struct bpf_rb_node *, less_fn, void *meta, __u64) __ksym;
extern struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *) __ksym;
extern struct bpf_rb_node *bpf_rbtree_root(struct bpf_rb_root *) __ksym;
extern struct bpf_rb_node *bpf_rbtree_left(struct bpf_rb_root *, struct bpf_rb_node *) __ksym;
extern struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *, struct bpf_rb_node *) __ksym;

#define new(type) ((type *)bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), 0))
#define drop(object) bpf_obj_drop_impl(object, 0)
#define holds(type, node) __attribute__((btf_decl_tag("contains:" #type ":" #node)))
#define entry(pointer, type, member) ((type *)((void *)(pointer) - __builtin_offsetof(type, member)))

/** In lists only. */
struct item {
	__u64 weight;
	struct bpf_list_node link;
	__u64 key;
};

/** In a list and a tree at once, so it counts its owners. */
struct shared {
	__u32 key;
	struct bpf_refcount owners;
	struct bpf_list_node link;
	struct bpf_rb_node branch;
};

/** In a tree, and owns items. */
struct bucket {
	__u32 key;
	struct bpf_spin_lock lock;
	struct bpf_rb_node branch;
	struct bpf_list_head items holds(item, link);
};

/** Nothing special in it. */
struct plain {
	__u64 a;
	__u32 b[4];
	struct plain *other;
};

struct queue {
	__u64 count;
	struct bpf_spin_lock lock;
	struct bpf_list_head items holds(item, link);
	struct bpf_list_head more[2] holds(item, link);
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct queue);
} queues SEC(".maps");

#define private(name) SEC(".data." #name) __attribute__((visibility("hidden")))

private(A) struct bpf_spin_lock tree_lock;
private(A) struct bpf_rb_root tree holds(bucket, branch);
private(A) struct bpf_rb_root forest holds(bucket, branch);
private(B) struct bpf_spin_lock both_lock;
private(B) struct bpf_list_head list holds(shared, link);
private(B) struct bpf_rb_root by_key holds(shared, branch);

__u64 seen;

static _Bool less_bucket(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return entry(a, struct bucket, branch)->key < entry(b, struct bucket, branch)->key;
}

static _Bool less_shared(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return entry(a, struct shared, branch)->key < entry(b, struct shared, branch)->key;
}

static __always_inline struct queue *queue(__u32 key)
{
	return bpf_map_lookup_elem(&queues, &key);
}

// What works ------------------------------------------------------------------------------------

SEC("tc")
int ok_push_pop(struct __sk_buff *skb)
{
	struct queue *q = queue(1);
	struct bpf_list_node *node;
	struct item *item;

	if (!q)
		return 0;
	item = new(struct item);
	if (!item)
		return 0;
	item->key = skb->len;
	bpf_spin_lock(&q->lock);
	bpf_list_push_front_impl(&q->items, &item->link, 0, 0);
	item->weight = 3; // still in the list, and the lock is held
	q->count++;
	node = bpf_list_pop_back(&q->items);
	bpf_spin_unlock(&q->lock);
	if (!node)
		return 0;
	item = entry(node, struct item, link);
	seen += item->key;
	drop(item);
	return 1;
}

SEC("tc")
int ok_array_of_lists(struct __sk_buff *skb)
{
	struct queue *q = queue(2);
	struct bpf_list_node *node;
	struct item *item;

	if (!q)
		return 0;
	item = new(struct item);
	if (!item)
		return 0;
	bpf_spin_lock(&q->lock);
	bpf_list_push_back_impl(&q->more[1], &item->link, 0, 0);
	node = bpf_list_front(&q->more[1]);
	if (node)
		seen = entry(node, struct item, link)->key;
	bpf_spin_unlock(&q->lock);
	return 1;
}

SEC("tc")
int ok_tree(struct __sk_buff *skb)
{
	struct bpf_rb_node *node;
	struct bucket *bucket = new(struct bucket);

	if (!bucket)
		return 0;
	bucket->key = skb->mark;
	bpf_spin_lock(&tree_lock);
	bpf_rbtree_add_impl(&tree, &bucket->branch, less_bucket, 0, 0);
	node = bpf_rbtree_root(&tree);
	if (node)
		node = bpf_rbtree_left(&tree, node);
	if (!node)
		node = bpf_rbtree_first(&tree);
	if (node)
		node = bpf_rbtree_remove(&tree, node);
	bpf_spin_unlock(&tree_lock);
	if (node)
		drop(entry(node, struct bucket, branch));
	return 1;
}

SEC("tc")
int ok_list_in_object(struct __sk_buff *skb)
{
	struct bucket *bucket = new(struct bucket);
	struct item *item;

	if (!bucket)
		return 0;
	item = new(struct item);
	if (!item) {
		drop(bucket);
		return 0;
	}
	bpf_spin_lock(&bucket->lock);
	bpf_list_push_back_impl(&bucket->items, &item->link, 0, 0);
	bpf_spin_unlock(&bucket->lock);
	drop(bucket); // and its items with it
	return 1;
}

SEC("tc")
int ok_two_owners(struct __sk_buff *skb)
{
	struct shared *one = new(struct shared), *two;
	struct bpf_list_node *node;

	if (!one)
		return 0;
	two = bpf_refcount_acquire_impl(one, 0); // never null: one is owned
	bpf_spin_lock(&both_lock);
	bpf_list_push_front_impl(&list, &one->link, 0, 0);
	bpf_rbtree_add_impl(&by_key, &two->branch, less_shared, 0, 0);
	node = bpf_list_front(&list);
	one = 0;
	if (node)
		one = bpf_refcount_acquire_impl(entry(node, struct shared, link), 0);
	bpf_spin_unlock(&both_lock);
	if (one) {
		seen = one->key;
		drop(one);
	}
	return 1;
}

SEC("tc")
int ok_plain(struct __sk_buff *skb)
{
	struct plain *p = new(struct plain);

	if (!p)
		return 0;
	p->a = 1;
	p->b[skb->mark & 0] = 2;
	p->other = (void *)5;
	seen = p->a + (unsigned long)p->other;
	drop(p);
	return 0;
}

SEC("tc")
int ok_loop(struct __sk_buff *skb)
{
	struct bpf_rb_node *node;
	int i;

	for (i = 0; i < 20; i++) {
		struct bucket *bucket = new(struct bucket);

		if (!bucket)
			break;
		bucket->key = i;
		bpf_spin_lock(&tree_lock);
		bpf_rbtree_add_impl(&forest, &bucket->branch, less_bucket, 0, 0);
		bpf_spin_unlock(&tree_lock);
	}
	bpf_spin_lock(&tree_lock);
	node = bpf_rbtree_first(&forest);
	if (node)
		seen = entry(node, struct bucket, branch)->key;
	bpf_spin_unlock(&tree_lock);
	return 0;
}

// Locks -----------------------------------------------------------------------------------------

SEC("tc")
int no_lock(struct __sk_buff *skb)
{
	struct queue *q = queue(1);
	struct item *item;

	if (!q)
		return 0;
	item = new(struct item);
	if (item)
		bpf_list_push_front_impl(&q->items, &item->link, 0, 0);
	return 0;
}

SEC("tc")
int lock_of_another_value(struct __sk_buff *skb)
{
	struct queue *q = queue(1), *r = queue(2);
	struct bpf_list_node *node;

	if (!q || !r)
		return 0;
	bpf_spin_lock(&q->lock);
	node = bpf_list_pop_front(&r->items);
	bpf_spin_unlock(&q->lock);
	if (node)
		drop(entry(node, struct item, link));
	return 0;
}

SEC("tc")
int lock_of_another_map(struct __sk_buff *skb)
{
	struct bpf_rb_node *node;

	bpf_spin_lock(&both_lock);
	node = bpf_rbtree_first(&tree);
	bpf_spin_unlock(&both_lock);
	return node != 0;
}

SEC("tc")
int unlock_of_another(struct __sk_buff *skb)
{
	struct bucket *bucket = new(struct bucket);

	if (!bucket)
		return 0;
	bpf_spin_lock(&bucket->lock);
	bpf_spin_unlock(&tree_lock);
	drop(bucket);
	return 0;
}

SEC("tc")
int object_without_lock(struct __sk_buff *skb)
{
	struct item *item = new(struct item);

	if (!item)
		return 0;
	bpf_spin_lock((void *)&item->weight);
	bpf_spin_unlock((void *)&item->weight);
	drop(item);
	return 0;
}

SEC("tc")
int helper_under_lock(struct __sk_buff *skb)
{
	bpf_spin_lock(&tree_lock);
	seen = bpf_ktime_get_ns();
	bpf_spin_unlock(&tree_lock);
	return 0;
}

SEC("tc")
int new_under_lock(struct __sk_buff *skb)
{
	struct plain *p;

	bpf_spin_lock(&tree_lock);
	p = new(struct plain);
	bpf_spin_unlock(&tree_lock);
	if (p)
		drop(p);
	return 0;
}

static _Bool less_unlocks(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	bpf_spin_unlock(&tree_lock);
	return 0;
}

SEC("tc")
int unlock_in_less(struct __sk_buff *skb)
{
	struct bucket *bucket = new(struct bucket);

	if (!bucket)
		return 0;
	bpf_spin_lock(&tree_lock);
	bpf_rbtree_add_impl(&tree, &bucket->branch, less_unlocks, 0, 0);
	bpf_spin_unlock(&tree_lock);
	return 0;
}

static _Bool less_removes(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return bpf_rbtree_remove(&tree, a) != 0;
}

SEC("tc")
int remove_in_less(struct __sk_buff *skb)
{
	struct bucket *bucket = new(struct bucket);

	if (!bucket)
		return 0;
	bpf_spin_lock(&tree_lock);
	bpf_rbtree_add_impl(&tree, &bucket->branch, less_removes, 0, 0);
	bpf_spin_unlock(&tree_lock);
	return 0;
}

static __u64 less_wild(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return entry(a, struct bucket, branch)->key;
}

SEC("tc")
int wild_less(struct __sk_buff *skb)
{
	struct bucket *bucket = new(struct bucket);

	if (!bucket)
		return 0;
	bpf_spin_lock(&tree_lock);
	bpf_rbtree_add_impl(&tree, &bucket->branch, (void *)less_wild, 0, 0);
	bpf_spin_unlock(&tree_lock);
	return 0;
}

SEC("kprobe")
int traced(void *ctx)
{
	bpf_spin_lock(&tree_lock);
	bpf_spin_unlock(&tree_lock);
	return 0;
}

// Who owns what ---------------------------------------------------------------------------------

SEC("tc")
int leak(struct __sk_buff *skb)
{
	return new(struct plain) != 0;
}

SEC("tc")
int drop_twice(struct __sk_buff *skb)
{
	struct plain *p = new(struct plain);

	if (!p)
		return 0;
	drop(p);
	drop(p);
	return 0;
}

SEC("tc")
int use_after_drop(struct __sk_buff *skb)
{
	struct plain *p = new(struct plain);

	if (!p)
		return 0;
	drop(p);
	return p->a;
}

SEC("tc")
int maybe_null(struct __sk_buff *skb)
{
	struct plain *p = new(struct plain);

	drop(p);
	return 0;
}

SEC("tc")
int null_not_tested(struct __sk_buff *skb)
{
	struct plain *p = new(struct plain);

	p->a = 1;
	return 0;
}

SEC("tc")
int push_twice(struct __sk_buff *skb)
{
	struct shared *one = new(struct shared);

	if (!one)
		return 0;
	bpf_spin_lock(&both_lock);
	bpf_list_push_front_impl(&list, &one->link, 0, 0);
	bpf_list_push_front_impl(&list, &one->link, 0, 0);
	bpf_spin_unlock(&both_lock);
	return 0;
}

SEC("tc")
int use_after_unlock(struct __sk_buff *skb)
{
	struct shared *one = new(struct shared);

	if (!one)
		return 0;
	bpf_spin_lock(&both_lock);
	bpf_list_push_front_impl(&list, &one->link, 0, 0);
	one->key = 1;
	bpf_spin_unlock(&both_lock);
	return one->key;
}

SEC("tc")
int drop_of_what_the_list_owns(struct __sk_buff *skb)
{
	struct shared *one = new(struct shared);

	if (!one)
		return 0;
	bpf_spin_lock(&both_lock);
	bpf_list_push_front_impl(&list, &one->link, 0, 0);
	bpf_spin_unlock(&both_lock);
	drop(one);
	return 0;
}

SEC("tc")
int drop_inside(struct __sk_buff *skb)
{
	struct item *item = new(struct item);

	if (!item)
		return 0;
	drop(&item->link);
	return 0;
}

SEC("tc")
int remove_of_what_is_in_no_tree(struct __sk_buff *skb)
{
	struct bucket *bucket = new(struct bucket);

	if (!bucket)
		return 0;
	bpf_spin_lock(&tree_lock);
	bpf_rbtree_remove(&tree, &bucket->branch);
	bpf_spin_unlock(&tree_lock);
	return 0;
}

SEC("tc")
int remove_of_no_node(struct __sk_buff *skb)
{
	struct bpf_rb_node *node;

	bpf_spin_lock(&tree_lock);
	node = bpf_rbtree_first(&tree);
	bpf_spin_unlock(&tree_lock);
	bpf_spin_lock(&tree_lock);
	node = bpf_rbtree_remove(&tree, node);
	bpf_spin_unlock(&tree_lock);
	if (node)
		drop(entry(node, struct bucket, branch));
	return 0;
}

SEC("tc")
int not_counted(struct __sk_buff *skb)
{
	struct item *item = new(struct item), *more;

	if (!item)
		return 0;
	more = bpf_refcount_acquire_impl(item, 0);
	drop(item);
	drop(more);
	return 0;
}

SEC("tc")
int count_of_no_object(struct __sk_buff *skb)
{
	void *more = bpf_refcount_acquire_impl(skb, 0);

	if (more)
		drop(more);
	return 0;
}

SEC("tc")
int shared_not_tested(struct __sk_buff *skb)
{
	struct bpf_list_node *node;
	struct shared *one = 0;

	bpf_spin_lock(&both_lock);
	node = bpf_list_front(&list);
	if (node)
		one = bpf_refcount_acquire_impl(entry(node, struct shared, link), 0);
	bpf_spin_unlock(&both_lock);
	if (node)
		drop(one);
	return 0;
}

// Types and places ------------------------------------------------------------------------------

SEC("tc")
int wrong_node(struct __sk_buff *skb)
{
	struct queue *q = queue(1);
	struct shared *one;

	if (!q)
		return 0;
	one = new(struct shared);
	if (!one)
		return 0;
	bpf_spin_lock(&q->lock);
	bpf_list_push_front_impl(&q->items, &one->link, 0, 0);
	bpf_spin_unlock(&q->lock);
	return 0;
}

SEC("tc")
int wrong_place_of_node(struct __sk_buff *skb)
{
	struct queue *q = queue(1);
	struct item *item;

	if (!q)
		return 0;
	item = new(struct item);
	if (!item)
		return 0;
	bpf_spin_lock(&q->lock);
	bpf_list_push_front_impl(&q->items, (void *)item, 0, 0);
	bpf_spin_unlock(&q->lock);
	return 0;
}

SEC("tc")
int wrong_place_of_head(struct __sk_buff *skb)
{
	struct queue *q = queue(1);

	if (!q)
		return 0;
	bpf_spin_lock(&q->lock);
	bpf_list_pop_front((void *)&q->count);
	bpf_spin_unlock(&q->lock);
	return 0;
}

SEC("tc")
int head_somewhere(struct __sk_buff *skb)
{
	struct queue *q = queue(1);
	__u32 i = skb->mark & 16;

	if (!q)
		return 0;
	bpf_spin_lock(&q->lock);
	bpf_list_pop_front((void *)q + 16 + i);
	bpf_spin_unlock(&q->lock);
	return 0;
}

SEC("tc")
int list_as_tree(struct __sk_buff *skb)
{
	bpf_spin_lock(&both_lock);
	bpf_rbtree_first((void *)&list);
	bpf_spin_unlock(&both_lock);
	return 0;
}

SEC("tc")
int head_on_stack(struct __sk_buff *skb)
{
	struct bpf_list_head head = {};

	bpf_spin_lock(&both_lock);
	bpf_list_pop_front(&head);
	bpf_spin_unlock(&both_lock);
	return 0;
}

SEC("tc")
int head_touched(struct __sk_buff *skb)
{
	struct queue *q = queue(1);

	if (q)
		q->items.space[0] = 1;
	return 0;
}

SEC("tc")
int node_touched(struct __sk_buff *skb)
{
	struct item *item = new(struct item);

	if (!item)
		return 0;
	item->link.space[1] = 1;
	drop(item);
	return 0;
}

SEC("tc")
int owners_touched(struct __sk_buff *skb)
{
	struct shared *one = new(struct shared);
	__u64 both;

	if (!one)
		return 0;
	both = *(__u64 *)one;
	drop(one);
	return both;
}

SEC("tc")
int beyond(struct __sk_buff *skb)
{
	struct plain *p = new(struct plain);

	if (!p)
		return 0;
	seen = *((&p->a) + 4);
	drop(p);
	return 0;
}

SEC("tc")
int type_of_nothing(struct __sk_buff *skb)
{
	void *p = bpf_obj_new_impl(1 << 20, 0);

	if (p)
		drop(p);
	return 0;
}

SEC("tc")
int type_too_large(struct __sk_buff *skb)
{
	void *p = bpf_obj_new_impl(1ull << 32, 0);

	if (p)
		drop(p);
	return 0;
}

SEC("tc")
int type_unknown(struct __sk_buff *skb)
{
	void *p = bpf_obj_new_impl(skb->len, 0);

	if (p)
		drop(p);
	return 0;
}

char _license[] SEC("license") = "GPL";

// SPDX-License-Identifier: Apache-2.0
/*
 * Chains of tail calls as a C compiler writes them: the limit that the JIT is measured against.
 * Every hop makes the checks of a BPF tail call. "Direct" hops test the budget and jump to a
 * known function; "indirect" ones test the index against the number of slots, the budget, and the
 * slot for emptiness, and jump to what it holds. The index comes out of the context.
 *
 *   clang-19 -O2 -fPIC -fvisibility=hidden -fno-asynchronous-unwind-tables -ffile-prefix-map=$PWD=. \
 *       -fuse-ld=lld -nostdlib -shared -Wl,-s,--build-id=none -o tail-chain.so tail-chain.c
 */
#define SLOTS 33
#define BUDGET 33
#define FALL_THROUGH 77
#define RESULT 2

struct context {
  unsigned mark;
};

typedef unsigned long hop(const struct context *context, unsigned long budget);

/* What program arrays hold: the places to jump to, or nothing. */
static hop *volatile direct_slots[SLOTS];
static hop *volatile indirect_slots[SLOTS];

#define DIRECT(this, next)                                                  \
  hop direct_##next;                                                        \
  __attribute__((noinline)) unsigned long direct_##this(                    \
      const struct context *context, unsigned long budget) {                \
    if (__builtin_expect(budget == 0, 0)) return FALL_THROUGH;              \
    __attribute__((musttail)) return direct_##next(context, budget - 1);    \
  }

#define INDIRECT(this, next)                                                \
  __attribute__((noinline)) unsigned long indirect_##this(                  \
      const struct context *context, unsigned long budget) {                \
    unsigned index = context->mark + next;                                  \
    if (__builtin_expect(index >= SLOTS, 0)) return FALL_THROUGH;           \
    if (__builtin_expect(budget == 0, 0)) return FALL_THROUGH;              \
    hop *target = indirect_slots[index];                                    \
    if (__builtin_expect(target == 0, 0)) return FALL_THROUGH;              \
    __attribute__((musttail)) return target(context, budget - 1);           \
  }

#define LAST(kind)                                                          \
  __attribute__((noinline)) unsigned long kind##_32(                        \
      const struct context *context, unsigned long budget) {                \
    return RESULT;                                                          \
  }

#define EACH(hop_of)                                                        \
  hop_of(0, 1) hop_of(1, 2) hop_of(2, 3) hop_of(3, 4)                       \
  hop_of(4, 5) hop_of(5, 6) hop_of(6, 7) hop_of(7, 8)                       \
  hop_of(8, 9) hop_of(9, 10) hop_of(10, 11) hop_of(11, 12)                  \
  hop_of(12, 13) hop_of(13, 14) hop_of(14, 15) hop_of(15, 16)               \
  hop_of(16, 17) hop_of(17, 18) hop_of(18, 19) hop_of(19, 20)               \
  hop_of(20, 21) hop_of(21, 22) hop_of(22, 23) hop_of(23, 24)               \
  hop_of(24, 25) hop_of(25, 26) hop_of(26, 27) hop_of(27, 28)               \
  hop_of(28, 29) hop_of(29, 30) hop_of(30, 31) hop_of(31, 32)

EACH(DIRECT)
EACH(INDIRECT)
LAST(direct)
LAST(indirect)

#define TAKE_DIRECT(this, next) direct_slots[this] = direct_##this;
#define TAKE_INDIRECT(this, next) indirect_slots[this] = indirect_##this;

/* Runs a chain of that many hops (32 at most), entered at its last programs, times over. */
static unsigned long repeat(hop *const volatile *slots, unsigned long hops, unsigned long times) {
  struct context context = {0};
  unsigned long sum = 0;
  for (unsigned long i = 0; i < times; i++) {
    sum += slots[32 - hops](&context, BUDGET);
  }
  return sum;
}

__attribute__((visibility("default"))) unsigned long chain_direct(
    unsigned long hops, unsigned long times) {
  EACH(TAKE_DIRECT)
  direct_slots[32] = direct_32;
  return repeat(direct_slots, hops, times);
}

__attribute__((visibility("default"))) unsigned long chain_indirect(
    unsigned long hops, unsigned long times) {
  EACH(TAKE_INDIRECT)
  indirect_slots[32] = indirect_32;
  return repeat(indirect_slots, hops, times);
}

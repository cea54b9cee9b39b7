// SPDX-License-Identifier: Apache-2.0
/*
 * Increments of a variable that each thread has its own of, as a C compiler writes them: the limit
 * that per-CPU variables are measured against. "thread_local" names the variable each time,
 * "pointer" takes its address once a run, as BPF programs do.
 *
 *   clang-19 -O2 -fPIC -ftls-model=initial-exec -fvisibility=hidden -fno-asynchronous-unwind-tables \
 *       -ffile-prefix-map=$PWD=. -fuse-ld=lld -nostdlib -shared -Wl,-s,--build-id=none \
 *       -o thread-local.so thread-local.c
 */
static __thread volatile unsigned long counter;

typedef void increments(void);

#define TIMES_4(step) step step step step
#define TIMES_32(step) TIMES_4(TIMES_4(step)) TIMES_4(TIMES_4(step))

__attribute__((noinline)) static void name_1(void) { counter += 1; }
__attribute__((noinline)) static void name_32(void) { TIMES_32(counter += 1;) }

/* Keeps the compiler from naming the variable again. */
static volatile unsigned long *address(void) {
  volatile unsigned long *pointer = &counter;
  __asm__ volatile("" : "+r"(pointer));
  return pointer;
}

__attribute__((noinline)) static void pointer_1(void) { *address() += 1; }
__attribute__((noinline)) static void pointer_32(void) {
  volatile unsigned long *pointer = address();
  TIMES_32(*pointer += 1;)
}

static unsigned long repeat(increments *volatile run, unsigned long times) {
  unsigned long before = counter;
  for (unsigned long i = 0; i < times; i++) {
    run();
  }
  return counter - before;
}

/* Each gives the increments that were made: units (1 or 32) times times. */
__attribute__((visibility("default"))) unsigned long increment_thread_local(
    unsigned long units, unsigned long times) {
  return repeat(units == 1 ? name_1 : name_32, times);
}

__attribute__((visibility("default"))) unsigned long increment_pointer(
    unsigned long units, unsigned long times) {
  return repeat(units == 1 ? pointer_1 : pointer_32, times);
}

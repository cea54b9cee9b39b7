// SPDX-License-Identifier: Apache-2.0
// What an object can ask the kernel for: settings, symbols, functions. Built by
//   clang-19 -target bpf -O2 -g -fdebug-compilation-dir=. -c externs.bpf.c -o externs.bpf.o
typedef unsigned int u32;
typedef unsigned long long u64;
typedef _Bool bool;

#define SEC(name) __attribute__((section(name), used))
#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))
#define __weak __attribute__((weak))

enum libbpf_tristate { TRI_NO = 0, TRI_YES = 1, TRI_MODULE = 2 };

extern int LINUX_KERNEL_VERSION __kconfig;
extern u32 CONFIG_HZ __kconfig;
extern bool CONFIG_BPF_SYSCALL __kconfig;
extern enum libbpf_tristate CONFIG_BPF __kconfig;
extern char CONFIG_NET __kconfig;
extern bool CONFIG_NOT_THERE __kconfig __weak;
extern bool LINUX_HAS_BPF_COOKIE __kconfig;

extern const void bpf_prog_free __ksym;
extern const void no_such_symbol __ksym __weak;
extern const int no_such_variable __ksym __weak;
extern const int bpf_prog_active __ksym;

struct cgroup;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern int no_such_function(int) __ksym __weak;

struct answers {
  u64 version, hz, syscall, bpf, net, missing, cookie;
  u64 address, no_address;
};

struct answers answers;

SEC("tc") int settings(void *ctx) {
  answers.version = LINUX_KERNEL_VERSION;
  answers.hz = CONFIG_HZ;
  answers.syscall = CONFIG_BPF_SYSCALL;
  answers.bpf = CONFIG_BPF;
  answers.net = CONFIG_NET;
  answers.missing = CONFIG_NOT_THERE;
  answers.cookie = LINUX_HAS_BPF_COOKIE;
  return 0;
}

SEC("tc") int addresses(void *ctx) {
  answers.address = (u64)&bpf_prog_free;
  answers.no_address = (u64)&no_such_symbol;
  return &no_such_variable == 0;
}

SEC("tc") int functions(void *ctx) {
  bpf_rcu_read_lock();
  bpf_rcu_read_unlock();
  if (no_such_function)
    return no_such_function(1);
  return 7;
}

char gpl[] SEC("license") = "GPL";

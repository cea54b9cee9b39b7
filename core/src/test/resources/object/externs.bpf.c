// SPDX-License-Identifier: Apache-2.0
// Externs: configuration, kernel symbols, kernel functions; each strong and weak.
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern unsigned long CONFIG_HZ __kconfig;
extern bool CONFIG_MISSING __kconfig __weak;
extern const void bpf_prog_active __ksym;
extern const void not_in_any_kernel __ksym __weak;
extern const int also_not_there __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_no_such_kfunc(int) __ksym __weak;

SEC("tp_btf/sys_enter")
int strong_kconfig(void *ctx)
{
	return CONFIG_HZ;
}

SEC("tp_btf/sys_enter")
int version(void *ctx)
{
	return LINUX_KERNEL_VERSION + CONFIG_MISSING;
}

SEC("tp_btf/sys_enter")
int strong_ksym(void *ctx)
{
	return (long)&bpf_prog_active;
}

SEC("tp_btf/sys_enter")
int weak_ksym(void *ctx)
{
	return &not_in_any_kernel || &also_not_there;
}

SEC("tp_btf/sys_enter")
int strong_kfunc(void *ctx)
{
	bpf_rcu_read_lock();
	return 0;
}

SEC("tp_btf/sys_enter")
int weak_kfunc(void *ctx)
{
	if (bpf_no_such_kfunc)
		bpf_no_such_kfunc(1);
	return 0;
}

char _license[] SEC("license") = "GPL";

package dev.skep.linux;

/**
 * What kernels learnt one after the other and a loader has to know: libbpf's list, and global
 * per-CPU data. {@link KernelFeatures} asks for them.
 */
public enum Feature {
  PROG_NAME("prog_name", "names of programs"),
  GLOBAL_DATA("global_data", "global variables"),
  BTF("btf", "BTF of programs and maps"),
  BTF_FUNC("btf_func", "functions in BTF"),
  BTF_GLOBAL_FUNC("btf_global_func", "global functions in BTF"),
  BTF_DATASEC("btf_datasec", "variables and data sections in BTF"),
  BTF_QMARK_DATASEC("btf_qmark_datasec", "names of data sections with a question mark"),
  BTF_FLOAT("btf_float", "floating-point types in BTF"),
  BTF_DECL_TAG("btf_decl_tag", "tags of declarations in BTF"),
  BTF_TYPE_TAG("btf_type_tag", "tags of types in BTF"),
  BTF_ENUM64("btf_enum64", "enums of 64 bits in BTF"),
  BTF_LAYOUT("btf_layout", "a layout section in BTF"),
  ARRAY_MMAP("array_mmap", "arrays that can be mapped into memory"),
  EXPECTED_ATTACH_TYPE("expected_attach_type", "an attach type at load"),
  PROBE_READ_KERNEL("probe_read_kernel", "bpf_probe_read_kernel and _user"),
  PROG_BIND_MAP("prog_bind_map", "maps bound to a program that does not use them"),
  MODULE_BTF("module_btf", "BTF of modules"),
  PERF_LINK("perf_link", "links of perf events"),
  MEMCG_ACCOUNT("memcg_account", "memory charged to control groups, not to RLIMIT_MEMLOCK"),
  BPF_COOKIE("bpf_cookie", "cookies of attachments"),
  SYSCALL_WRAPPER("syscall_wrapper", "wrapped system calls"),
  UPROBE_MULTI_LINK("uprobe_multi_link", "links of many uprobes"),
  UPROBE_SYSCALL("uprobe_syscall", "uprobes by system call"),
  ARG_CTX_TAG("arg_ctx_tag", "arguments tagged as the context"),
  LDIMM64_FULL_RANGE_OFFSET("ldimm64_full_range_off", "any offset in the address of a map's value"),
  PERCPU_DATA("percpu_data", "global per-CPU variables (.percpu)");

  private final String text;
  private final String meaning;

  Feature(String text, String meaning) {
    this.text = text;
    this.meaning = meaning;
  }

  /** The name in JSON, as in "btf_enum64". */
  public String text() {
    return text;
  }

  /** What the kernel has, for people. */
  public String meaning() {
    return meaning;
  }
}

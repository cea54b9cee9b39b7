package dev.skep.jit.x64;

import dev.skep.rewrite.KernelFunction;
import java.util.function.Supplier;

/** Functions of BPF programs that compiled code answers without Java. */
public enum NativeHelper {
  /** bpf_ktime_get_ns, CLOCK_MONOTONIC. */
  KTIME_GET_NS(5, () -> HelperRoutines.clock(1)),
  /** bpf_get_prandom_u32. */
  GET_PRANDOM_U32(7, HelperRoutines::random),
  /** bpf_get_smp_processor_id, where it is not inlined. */
  GET_SMP_PROCESSOR_ID(8, HelperRoutines::cpuNumber),
  /** bpf_ktime_get_boot_ns, CLOCK_BOOTTIME. */
  KTIME_GET_BOOT_NS(125, () -> HelperRoutines.clock(7)),
  /** bpf_ktime_get_coarse_ns, CLOCK_MONOTONIC_COARSE. */
  KTIME_GET_COARSE_NS(160, () -> HelperRoutines.clock(6)),
  /** bpf_loop, where it is not inlined. */
  LOOP(181, HelperRoutines::loop),
  /** bpf_ktime_get_tai_ns, CLOCK_TAI. */
  KTIME_GET_TAI_NS(208, () -> HelperRoutines.clock(11)),
  /** __htab_map_lookup_elem, of which the rewrites make the lookups in hash maps. */
  HTAB_MAP_LOOKUP(KernelFunction.HTAB_MAP_LOOKUP.number(), HashRoutines::lookup),
  /** arch_bpf_timed_may_goto, with registers of its own. */
  TIMED_MAY_GOTO(KernelFunction.TIMED_MAY_GOTO.number(), () -> HelperRoutines.timedMayGoto(1));

  final int number;
  final Supplier<byte[]> code;

  NativeHelper(int number, Supplier<byte[]> code) {
    this.number = number;
    this.code = code;
  }

  /** The number that calls of it have in a rewritten program. */
  public int number() {
    return number;
  }
}

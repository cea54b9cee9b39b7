package dev.skep.run;

import dev.skep.machine.Cpu;
import dev.skep.machine.Cpus;
import dev.skep.map.Maps;
import dev.skep.natives.Memory;
import java.util.List;

/** Kernel functions about maps, CPU masks and critical sections, which runs here are in anyway. */
final class KernelKfuncs {
  private static final long U32 = 0xffffffffL;

  /** struct bpf_cpumask: the mask's words, then the count of references. */
  private static final int MASK_BYTES = 32;

  private static final int USAGE = MASK_BYTES;

  private final Maps maps;
  private final int cpus;

  KernelKfuncs(Maps maps) {
    this.maps = maps;
    Cpus all = maps.machine().cpus();
    cpus = all.idLimit();
  }

  void define(HelperTable table) {
    for (String name :
        List.of(
            "bpf_rcu_read_lock",
            "bpf_rcu_read_unlock",
            "bpf_preempt_disable",
            "bpf_preempt_enable",
            "bpf_local_irq_save",
            "bpf_local_irq_restore")) {
      table.set(name, (cpu, r1, r2, r3, r4, r5) -> 0);
    }
    table.set("bpf_map_sum_elem_count", (cpu, map, r2, r3, r4, r5) -> maps.at(map).elementCount());
    for (String identity : List.of("bpf_cast_to_kern_ctx", "bpf_rdonly_cast")) {
      table.set(identity, (cpu, pointer, r2, r3, r4, r5) -> pointer);
    }
    masks(table);
    questions(table);
  }

  private void masks(HelperTable table) {
    table.set("bpf_cpumask_create", this::create);
    table.set(
        "bpf_cpumask_acquire",
        (cpu, mask, r2, r3, r4, r5) -> {
          Memory.getAndAddInt(mask + USAGE, 1);
          return mask;
        });
    table.set("bpf_cpumask_release", this::release);
    table.set("bpf_cpumask_set_cpu", (cpu, n, mask, r3, r4, r5) -> change(mask, n, true) & 0);
    table.set("bpf_cpumask_clear_cpu", (cpu, n, mask, r3, r4, r5) -> change(mask, n, false) & 0);
    table.set("bpf_cpumask_test_cpu", (cpu, n, mask, r3, r4, r5) -> test(mask, n) ? 1 : 0);
    table.set("bpf_cpumask_test_and_set_cpu", (cpu, n, mask, r3, r4, r5) -> change(mask, n, true));
    table.set(
        "bpf_cpumask_test_and_clear_cpu", (cpu, n, mask, r3, r4, r5) -> change(mask, n, false));
    table.set(
        "bpf_cpumask_setall",
        (cpu, mask, r2, r3, r4, r5) -> {
          for (int n = 0; n < cpus; n++) {
            change(mask, n, true);
          }
          return 0;
        });
    table.set(
        "bpf_cpumask_clear",
        (cpu, mask, r2, r3, r4, r5) -> {
          Memory.fill(mask, MASK_BYTES, (byte) 0);
          return 0;
        });
    table.set(
        "bpf_cpumask_copy",
        (cpu, to, from, r3, r4, r5) -> {
          Memory.copy(from, to, MASK_BYTES);
          return 0;
        });
  }

  private void questions(HelperTable table) {
    table.set("bpf_cpumask_first", (cpu, mask, r2, r3, r4, r5) -> first(mask, true));
    table.set("bpf_cpumask_first_zero", (cpu, mask, r2, r3, r4, r5) -> first(mask, false));
    table.set("bpf_cpumask_weight", (cpu, mask, r2, r3, r4, r5) -> weight(mask));
    table.set("bpf_cpumask_empty", (cpu, mask, r2, r3, r4, r5) -> weight(mask) == 0 ? 1 : 0);
    table.set("bpf_cpumask_full", (cpu, mask, r2, r3, r4, r5) -> weight(mask) == cpus ? 1 : 0);
  }

  private long create(Cpu cpu, long r1, long r2, long r3, long r4, long r5) {
    long mask = Memory.allocate(MASK_BYTES + Long.BYTES);
    maps.machine().addressSpace().add(mask, MASK_BYTES + Long.BYTES);
    Memory.putInt(mask + USAGE, 1);
    return mask;
  }

  private long release(Cpu cpu, long mask, long r2, long r3, long r4, long r5) {
    if (Memory.getAndAddInt(mask + USAGE, -1) == 1) {
      maps.machine()
          .gracePeriods()
          .defer(() -> {
            maps.machine().addressSpace().remove(mask);
            Memory.free(mask);
          });
    }
    return 0;
  }

  private boolean test(long mask, long number) {
    long n = number & U32;
    return n < cpus && (Memory.getLong(mask + (n >>> 6) * Long.BYTES) >>> n & 1) != 0;
  }

  /** Sets or clears a bit; whether it was set before. Numbers of no CPU change nothing. */
  private long change(long mask, long number, boolean set) {
    long n = number & U32;
    if (n >= cpus) {
      return 0;
    }
    long word = mask + (n >>> 6) * Long.BYTES;
    long bit = 1L << n;
    long old = set ? Memory.getAndOrLong(word, bit) : Memory.getAndAndLong(word, ~bit);
    return (old & bit) != 0 ? 1 : 0;
  }

  /** The first CPU whose bit is as wanted, or the number of CPUs. */
  private int first(long mask, boolean set) {
    int n = 0;
    while (n < cpus && test(mask, n) != set) {
      n++;
    }
    return n;
  }

  private int weight(long mask) {
    int weight = 0;
    for (int n = 0; n < cpus; n++) {
      weight += test(mask, n) ? 1 : 0;
    }
    return weight;
  }
}

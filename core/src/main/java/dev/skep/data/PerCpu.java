package dev.skep.data;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Data that each CPU has a copy of, as of {@code SEC(".percpu")}. Programs go on while Java reads
 * and writes; every 8-byte word is seen whole, but two words may be of different moments.
 *
 * @param <T> how one copy is seen, as a class of a skeleton, or {@link TypedData}
 */
public final class PerCpu<T> {
  private final List<T> cpus;
  private final List<DataMemory> memories;
  private final Function<DataMemory, T> view;

  /**
   * @param memories the copies of the possible CPUs, in their order
   * @param view how each is seen
   */
  public PerCpu(List<? extends DataMemory> memories, Function<DataMemory, T> view) {
    this.memories = List.copyOf(memories);
    this.view = view;
    List<T> views = new ArrayList<>();
    for (DataMemory memory : memories) {
      views.add(view.apply(memory));
    }
    cpus = List.copyOf(views);
  }

  /** How many CPUs there are. */
  public int count() {
    return cpus.size();
  }

  /**
   * The live copy of a CPU.
   *
   * @param cpu its place among the possible CPUs, from 0; the CPU's number unless these have holes
   */
  public T onCpu(int cpu) {
    if (cpu < 0 || cpu >= cpus.size()) {
      throw new IndexOutOfBoundsException("cpu " + cpu + " of " + cpus.size());
    }
    return cpus.get(cpu);
  }

  /** The live copies, in the order of the CPUs. */
  public List<T> all() {
    return cpus;
  }

  /** The sum over all CPUs, as of a counter: {@code stats.sum(Stats::packets)}. */
  public long sum(ToLongFunction<? super T> field) {
    long sum = 0;
    for (T cpu : cpus) {
      sum += field.applyAsLong(cpu);
    }
    return sum;
  }

  /** Does the same to every CPU's copy, one after the other. */
  public void forEach(Consumer<? super T> change) {
    cpus.forEach(change);
  }

  /** Copies of now that no program changes any more. */
  public PerCpu<T> snapshot() {
    List<DataMemory> copies = new ArrayList<>();
    for (DataMemory memory : memories) {
      copies.add(DataMemory.of(memory.get(0, memory.size())));
    }
    return new PerCpu<>(copies, view);
  }
}

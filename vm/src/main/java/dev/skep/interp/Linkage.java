package dev.skep.interp;

import dev.skep.machine.BpfFunction;
import dev.skep.rewrite.KernelVariable;
import org.jspecify.annotations.Nullable;

/** What a program is bound to when it is loaded: maps and functions; the runtime knows them. */
public interface Linkage {
  /**
   * Address of the block of a map, by its index in the program's maps.
   *
   * @throws dev.skep.errors.MalformedException if there is no such map
   */
  long mapAddress(int map);

  /**
   * Address of a byte in the value of a map of global data; for a per-CPU map the offset that
   * mov64_percpu makes an address of.
   */
  long mapValueAddress(int map, int offset);

  /** Address of the memory that stands for a variable of the kernel. */
  long variableAddress(KernelVariable variable);

  /**
   * The function that a call with this number (helper id or {@link
   * dev.skep.rewrite.KernelFunction}) reaches.
   *
   * @throws dev.skep.errors.UnsupportedException if there is none
   */
  BpfFunction function(int number);

  /**
   * The kernel function that a call reaches.
   *
   * @param id BTF id of the function in the kernel
   * @return null if there is none
   */
  default @Nullable BpfFunction kfunc(int id) {
    return null;
  }
}

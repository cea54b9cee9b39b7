package dev.skep.jit;

import dev.skep.errors.UnsupportedException;
import dev.skep.rewrite.KernelVariable;

/**
 * The addresses that a program is compiled against; the runtime knows them. All answers for one
 * program stay the same while its code lives.
 */
public interface Linkage {
  /** Address of the block of a map, by its index in the program's maps. */
  long mapAddress(int map);

  /**
   * Address of a byte in the value of a map of global data; for a per-CPU map the offset that
   * mov64_percpu makes an address of.
   */
  long mapValueAddress(int map, int offset);

  /** Address of the memory that stands for a variable of the kernel. */
  long variableAddress(KernelVariable variable);

  /**
   * Address of the code that a call with this number (helper id or {@link
   * dev.skep.rewrite.KernelFunction}) reaches, within 2 GiB of all code.
   */
  long functionAddress(int number);

  /** Whether that code calls back into Java. */
  boolean isUpcall(int number);

  /**
   * Address of the code that a call of a kernel function reaches; it calls back into Java.
   *
   * @param id BTF id of the function in the kernel
   * @throws dev.skep.errors.UnsupportedException if there is none
   */
  default long kfuncAddress(int id) {
    throw new UnsupportedException("call of kernel function #" + id);
  }
}

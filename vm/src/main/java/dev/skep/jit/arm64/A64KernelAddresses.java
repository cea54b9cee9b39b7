package dev.skep.jit.arm64;

import dev.skep.jit.Linkage;
import dev.skep.rewrite.KernelVariable;

/**
 * Addresses like those of a running kernel with 48 bits of virtual addresses, for code that is only
 * to be looked at: constants take as many words as they take there.
 */
public final class A64KernelAddresses implements Linkage {
  private static final long LINEAR_MAP = 0xffff_0000_c400_8000L;
  private static final long MAP_DISTANCE = 1L << 12;
  private static final long KERNEL_DATA = 0xffff_8000_8200_8000L;

  @Override
  public long mapAddress(int map) {
    return LINEAR_MAP + map * MAP_DISTANCE;
  }

  @Override
  public long mapValueAddress(int map, int offset) {
    return mapAddress(map) + offset;
  }

  @Override
  public long variableAddress(KernelVariable variable) {
    return KERNEL_DATA + 8L * variable.ordinal();
  }

  /** Code that is not run has no functions to reach. */
  @Override
  public long functionAddress(int number) {
    throw new IllegalStateException("no addresses of functions while code is emitted");
  }

  @Override
  public boolean isUpcall(int number) {
    return false;
  }
}

package dev.skep.jit.x64;

import dev.skep.jit.Linkage;
import dev.skep.rewrite.KernelVariable;

/**
 * Addresses like those of a running kernel, for code that is only to be looked at: constants take
 * the forms that they take there. The true values are known to no one else, and are masked where
 * code is compared ({@link dev.skep.jit.MachineCode#masked}).
 */
public final class KernelAddresses implements Linkage {
  private static final long DIRECT_MAP = 0xffff_8881_0000_0000L;
  private static final long MAP_DISTANCE = 1L << 20;
  private static final long KERNEL_DATA = 0xffff_ffff_8200_0000L;

  @Override
  public long mapAddress(int map) {
    return DIRECT_MAP + map * MAP_DISTANCE;
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

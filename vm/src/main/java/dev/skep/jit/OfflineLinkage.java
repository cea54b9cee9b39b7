package dev.skep.jit;

import dev.skep.rewrite.KernelVariable;

/**
 * Addresses like those of a running kernel, for code that is only to be looked at: constants take
 * the forms that they take there. The true values are known to no one else, and are masked where
 * code is compared ({@link MachineCode#masked}).
 */
public enum OfflineLinkage implements Linkage {
  /** Maps and what the kernel allocates in the direct map, variables in the kernel's image. */
  X86_64(0xffff_8881_0000_0000L, 1L << 20, 0xffff_ffff_8200_0000L),
  /** With 48 bits of virtual addresses: constants take as many words as they take there. */
  ARM64(0xffff_0000_c400_8000L, 1L << 12, 0xffff_8000_8200_8000L);

  private final long maps;
  private final long mapDistance;
  private final long variables;

  OfflineLinkage(long maps, long mapDistance, long variables) {
    this.maps = maps;
    this.mapDistance = mapDistance;
    this.variables = variables;
  }

  @Override
  public long mapAddress(int map) {
    return maps + map * mapDistance;
  }

  @Override
  public long mapValueAddress(int map, int offset) {
    return mapAddress(map) + offset;
  }

  @Override
  public long variableAddress(KernelVariable variable) {
    long base = variable.isAllocated() ? maps : variables;
    return base + 8L * variable.ordinal();
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

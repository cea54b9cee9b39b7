package dev.skep.jit.arm64;

import dev.skep.jit.Linkage;
import dev.skep.rewrite.KernelVariable;

/** Everything is at address 0. */
final class Nowhere implements Linkage {
  @Override
  public long mapAddress(int map) {
    return 0;
  }

  @Override
  public long mapValueAddress(int map, int offset) {
    return 0;
  }

  @Override
  public long variableAddress(KernelVariable variable) {
    return 0;
  }

  @Override
  public long functionAddress(int number) {
    return 0;
  }

  @Override
  public boolean isUpcall(int number) {
    return false;
  }
}

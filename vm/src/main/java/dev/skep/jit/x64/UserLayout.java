package dev.skep.jit.x64;

import dev.skep.natives.PerCpuRegion;
import dev.skep.rewrite.RunnableProgram;

/**
 * The layout of code that owes the kernel's nothing: see {@link UserFrame} and {@link
 * UserTailCalls}. It runs inside a process only.
 *
 * @param bmi2 shifts by a register may use shlx, shrx, sarx
 */
public record UserLayout(boolean bmi2) implements CodeLayout {
  /** Functions, and the places that tail calls jump to, start at multiples of this. */
  static final int ALIGNMENT = 32;

  /** Private stacks spare the kernel's small ones; a process has room. */
  @Override
  public boolean privateStacks() {
    return false;
  }

  @Override
  public int perCpuBaseDisp() {
    return PerCpuRegion.BASE_OFFSET;
  }

  @Override
  public int cpuNumberImm() {
    return RunnableProgram.CPU_NUMBER_OFFSET;
  }

  @Override
  public boolean kernelAddresses() {
    return false;
  }

  @Override
  public boolean fiveLevelPaging() {
    return false;
  }
}

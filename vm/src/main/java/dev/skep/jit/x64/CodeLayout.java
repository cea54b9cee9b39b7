package dev.skep.jit.x64;

/** What both layouts leave to the CPU and to where the code runs. */
public sealed interface CodeLayout permits KernelLayout, UserLayout {
  /** Whether shifts by a register may use shlx, shrx, sarx. */
  boolean bmi2();

  /** Whether functions that ask for it get a per-CPU stack of their own. */
  boolean privateStacks();

  /** gs-relative place of this CPU's base. */
  int perCpuBaseDisp();

  /** What stands for {@link dev.skep.rewrite.RunnableProgram#CPU_NUMBER_OFFSET} in the code. */
  int cpuNumberImm();

  /** Whether the code lives in the kernel's half of the address space. */
  boolean kernelAddresses();

  /** Whether user addresses have 56 bits, else 47. */
  boolean fiveLevelPaging();
}

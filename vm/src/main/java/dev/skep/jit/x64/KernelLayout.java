package dev.skep.jit.x64;

import dev.skep.natives.PerCpuRegion;
import dev.skep.program.layout.BpfArrayLayout;
import dev.skep.program.layout.BpfMapLayout;
import dev.skep.program.layout.BpfProgLayout;
import dev.skep.rewrite.RunnableProgram;

/**
 * What decides the bytes of kernel-layout code beside the program: the CPU, the mitigations, and
 * where structures hold their fields.
 *
 * @param bmi2 shifts by a register may use shlx, shrx, sarx
 * @param ibt indirect branches must land on endbr64 (CONFIG_X86_KERNEL_IBT)
 * @param returnThunk returns jump to a thunk (CONFIG_MITIGATION_RETHUNK), else they are {@code ret}
 * @param straightLineStop a breakpoint follows {@code ret} (CONFIG_MITIGATION_SLS)
 * @param indirect how tail calls jump through rcx
 * @param directTailCalls tail calls of a known slot become patchable jumps
 * @param privateStacks functions that ask for it get a per-CPU stack of their own
 * @param perCpuBaseDisp gs-relative place of this CPU's base (this_cpu_off)
 * @param cpuNumberImm what stands for {@link RunnableProgram#CPU_NUMBER_OFFSET} in the code
 * @param kernelAddresses the code lives in the kernel's half of the address space: function
 *     pointers are loaded as a sign-extended imm32 (else relative to rip, both take seven bytes),
 *     and probed loads tell user addresses (else there are no probed loads)
 * @param fiveLevelPaging user addresses have 56 bits, else 47
 * @param mapMaxEntries offset of max_entries in a map's block
 * @param progArraySlots offset of the first slot in a program array's block
 * @param progEntry offset of bpf_func in a program's block
 */
public record KernelLayout(
    boolean bmi2,
    boolean ibt,
    boolean returnThunk,
    boolean straightLineStop,
    Indirect indirect,
    boolean directTailCalls,
    boolean privateStacks,
    int perCpuBaseDisp,
    int cpuNumberImm,
    boolean kernelAddresses,
    boolean fiveLevelPaging,
    int mapMaxEntries,
    int progArraySlots,
    int progEntry)
    implements CodeLayout {
  /** How a jump through rcx is written. */
  public enum Indirect {
    /** jmp to __x86_indirect_thunk_rcx. */
    THUNK,
    /** lfence; jmp *%rcx. */
    LFENCE,
    /** jmp *%rcx. */
    PLAIN,
    /** jmp *%rcx; int3: mitigations that are built in, but switched off. */
    PLAIN_STOP
  }

  /** Bytes from the image's start to the place that tail calls jump to. */
  public int tailCallEntry() {
    return ibt ? 16 : 12;
  }

  /**
   * Linux 6.18 as Debian-like configurations build it: retpolines and return thunks on, IBT and SLS
   * off.
   */
  public static KernelLayout linux(boolean bmi2) {
    return new KernelLayout(
        bmi2,
        false,
        true,
        false,
        Indirect.THUNK,
        true,
        true,
        0,
        Integer.MIN_VALUE,
        true,
        false,
        BpfMapLayout.MAX_ENTRIES,
        BpfArrayLayout.PTRS,
        BpfProgLayout.BPF_FUNC);
  }

  /** For execution inside the process: no mitigations. */
  public static KernelLayout inProcess(boolean bmi2) {
    return new KernelLayout(
        bmi2,
        false,
        false,
        false,
        Indirect.PLAIN,
        true,
        false,
        PerCpuRegion.BASE_OFFSET,
        RunnableProgram.CPU_NUMBER_OFFSET,
        false,
        false,
        BpfMapLayout.MAX_ENTRIES,
        BpfArrayLayout.PTRS,
        BpfProgLayout.BPF_FUNC);
  }
}

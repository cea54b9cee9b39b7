package dev.skep.jit.arm64;

import dev.skep.program.layout.BpfArrayLayout;
import dev.skep.program.layout.BpfMapLayout;
import dev.skep.program.layout.BpfProgLayout;

/**
 * What decides the words beside the program: the kernel's version, the CPU, its mitigations, and
 * where structures hold their fields.
 *
 * @param lse the CPU has atomic instructions (FEAT_LSE), else exclusive loads and stores are used
 * @param bti indirect branches must land on bti (CONFIG_ARM64_BTI_KERNEL)
 * @param pac return addresses are signed (CONFIG_ARM64_PTR_AUTH_KERNEL)
 * @param wideConstants constants below 2^32 are made in 64-bit registers, as the seed's examples
 *     write them; else in 32-bit registers, as Linux does, which means the same
 * @param speculationBarrier what stands for the verifier's barriers
 * @param perCpuBase where this CPU's base is
 * @param kernelAddresses code and helpers live in the kernel's half of the address space
 * @param privateStacks functions that ask for it get a per-CPU stack of their own
 * @param patchable a stub for a far target follows the code (bpf_arch_text_poke)
 * @param threadInfoCpu offset of the CPU's number in struct thread_info
 * @param mapMaxEntries offset of max_entries in a map's block
 * @param progArraySlots offset of the first slot in a program array's block
 * @param progEntry offset of bpf_func in a program's block
 */
public record A64Layout(
    Dialect dialect,
    boolean lse,
    boolean bti,
    boolean pac,
    boolean wideConstants,
    SpeculationBarrier speculationBarrier,
    PerCpuBase perCpuBase,
    boolean kernelAddresses,
    boolean privateStacks,
    boolean patchable,
    int threadInfoCpu,
    int mapMaxEntries,
    int progArraySlots,
    int progEntry) {

  /** Forms of equal meaning that changed between kernels. */
  public enum Dialect {
    /** Moves are additions of 0, offsets of atomic operations go through a register. */
    LINUX_6_12(7, false, false),
    /** Moves are orr, offsets of atomic operations are added as constants where they fit. */
    LINUX_6_18(7, true, true),
    /** As before, with r0 in x8 instead of x7. */
    MAINLINE(8, true, true);

    final int r0;
    final boolean movesByOrr;
    final boolean foldsAtomicOffsets;

    Dialect(int r0, boolean movesByOrr, boolean foldsAtomicOffsets) {
      this.r0 = r0;
      this.movesByOrr = movesByOrr;
      this.foldsAtomicOffsets = foldsAtomicOffsets;
    }
  }

  /** The system register that holds this CPU's base. */
  public enum PerCpuBase {
    /** The kernel at EL1. */
    TPIDR_EL1(0xd538d080),
    /** The kernel at EL2 (VHE). */
    TPIDR_EL2(0xd53cd040),
    /** A process whose threads have no thread-local storage. */
    TPIDR_EL0(0xd53bd040);

    final int read;

    PerCpuBase(int read) {
      this.read = read;
    }
  }

  /** What a barrier against speculation is made of. */
  public enum SpeculationBarrier {
    /** Linux before 6.17: firmware and the CPU's own switch guard against Spectre v4 alone. */
    NONE,
    /** A CPU with FEAT_SB. */
    SB(0xd50330ff),
    /** dsb nsh; isb: any other. */
    DSB_ISB(0xd503379f, 0xd5033fdf);

    private final int[] words;

    SpeculationBarrier(int... words) {
      this.words = words;
    }

    void emit(A64Assembler asm) {
      for (int word : words) {
        asm.word(word);
      }
    }
  }

  /** Offset of thread_info.cpu in common configurations. */
  private static final int THREAD_INFO_CPU = 24;

  /** Linux on a CPU with LSE; pointer authentication and BTI are off. */
  public static A64Layout linux(Dialect dialect) {
    return new A64Layout(
        dialect,
        true,
        false,
        false,
        false,
        dialect == Dialect.LINUX_6_12 ? SpeculationBarrier.NONE : SpeculationBarrier.SB,
        PerCpuBase.TPIDR_EL1,
        true,
        true,
        true,
        THREAD_INFO_CPU,
        BpfMapLayout.MAX_ENTRIES,
        BpfArrayLayout.PTRS,
        BpfProgLayout.BPF_FUNC);
  }

  /** Words from the image's start to the place that tail calls jump to (PROLOGUE_OFFSET). */
  public int tailCallEntry() {
    return 6 + (bti ? 1 : 0) + (pac ? 1 : 0);
  }
}

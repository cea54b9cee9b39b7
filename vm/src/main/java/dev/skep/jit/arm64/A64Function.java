package dev.skep.jit.arm64;

import dev.skep.isa.InsnWord;
import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode.FaultSite;
import dev.skep.jit.Relocation;
import dev.skep.rewrite.RunnableProgram;
import java.util.ArrayList;
import java.util.List;

/**
 * One function while it is emitted. Every branch takes one word whatever its distance, so a first
 * pass finds all sizes and a second one all distances.
 */
final class A64Function {
  /** Index of BPF_REG_AX, the register of the rewrites. */
  private static final int BPF_AX = 11;

  private static final int BPF_FP = 10;
  private static final int WORD_BYTES = 4;

  final A64Input input;
  final int index;
  final RunnableProgram.Function function;
  final A64Layout layout;
  final Linkage linkage;
  final A64Assembler asm = new A64Assembler();
  final boolean privateStack;

  /** Bits of the BPF registers 6 to 10 that occur in the function. */
  final int calleeUsed;

  /** Places of instruction starts in words, then of the end; of the pass before. */
  final int[] places;

  /** Where the epilogue starts; of the pass before. */
  int epilogue;

  /** Index in the function of the instruction that is emitted. */
  int current;

  private final int[] registers;
  private final List<Relocation> relocations = new ArrayList<>();
  private final List<FaultSite> faults = new ArrayList<>();

  A64Function(A64Input input, int index, A64Layout layout, Linkage linkage) {
    this.input = input;
    this.index = index;
    this.function = input.functions().get(index);
    this.layout = layout;
    this.linkage = linkage;
    this.privateStack = function.privateStack() && layout.privateStacks();
    registers =
        new int[] {layout.dialect().r0, 0, 1, 2, 3, 4, 19, 20, 21, 22, A64Reg.BPF_FP, A64Reg.AX};
    places = new int[function.end() - function.start() + 1];
    calleeUsed = calleeUsed();
  }

  private int calleeUsed() {
    int used = 0;
    for (int i = function.start(); i < function.end(); i++) {
      long word = input.insns()[i];
      used |= 1 << InsnWord.dst(word) | 1 << InsnWord.src(word);
    }
    return used & 0x7c0;
  }

  /** Starts a pass. */
  void begin() {
    asm.clear();
    relocations.clear();
    faults.clear();
  }

  boolean usesFramePointer() {
    return (calleeUsed >> BPF_FP & 1) != 0;
  }

  /** Bytes of the BPF stack. */
  int stackBytes() {
    return function.stackDepth() + 15 & -16;
  }

  /** Bytes that the frame takes from the machine stack. */
  int frameBytes() {
    return privateStack ? 0 : stackBytes();
  }

  /** The CPU register of a BPF register number. */
  int cpu(int bpfRegister) {
    if (bpfRegister > BPF_AX) {
      throw new IllegalArgumentException("register number " + bpfRegister);
    }
    return registers[bpfRegister];
  }

  int dst(long word) {
    return cpu(InsnWord.dst(word));
  }

  int src(long word) {
    return cpu(InsnWord.src(word));
  }

  int r0() {
    return registers[0];
  }

  /** The second slot of the current ld_imm64. */
  long next() {
    return input.insns()[function.start() + current + 1];
  }

  /**
   * Distance in words from the branch, which is the word that comes next, to an instruction.
   *
   * @param off instructions from the one after the current
   */
  int distance(int off) {
    return places[current + 1 + off] - asm.position();
  }

  /** The same for the epilogue. */
  int distanceToEpilogue() {
    return epilogue - asm.position();
  }

  /** Notes that the last {@code words} words hold an address or distance. */
  void relocation(Relocation.Kind kind, int words, int operand) {
    int offset = WORD_BYTES * (asm.position() - words);
    relocations.add(new Relocation(offset, WORD_BYTES * words, kind, operand));
  }

  /**
   * Notes that the last word may fault and is then skipped.
   *
   * @param cleared the register that it loads, or -1
   */
  void fault(int cleared) {
    faults.add(new FaultSite(WORD_BYTES * (asm.position() - 1), cleared, -1, 0));
  }

  /** The same of an access to an arena, at a register and a displacement. */
  void arenaFault(int cleared, int base, int displacement) {
    faults.add(new FaultSite(WORD_BYTES * (asm.position() - 1), cleared, base, displacement));
  }

  List<Relocation> relocations() {
    return relocations;
  }

  /** Words that may fault, in order. */
  List<FaultSite> faults() {
    return faults;
  }
}

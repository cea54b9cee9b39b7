package dev.skep.jit.x64;

import dev.skep.isa.InsnWord;
import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode;
import dev.skep.jit.Relocation;
import dev.skep.rewrite.RunnableProgram;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One function while it is emitted: its bytes of this pass, and the instruction addresses that
 * jumps are measured with.
 *
 * <p>{@link #addrs} holds offsets of instruction ends (index 0: end of the prologue). While
 * instruction k is emitted, entries below k are of this pass, the others of the pass before.
 */
final class FunctionCode {
  /** Index of BPF_REG_AX, the register of the rewrites. */
  static final int AX = 11;

  /** The scratch register that no BPF register uses. */
  static final int AUX = Gpr.R11;

  /** Not 127: passes that shrink other jumps may still move the target a little. */
  private static final int MAX_SHRINKING_SHORT = 123;

  private static final int[] BPF_TO_CPU = {
    Gpr.RAX, Gpr.RDI, Gpr.RSI, Gpr.RDX, Gpr.RCX, Gpr.R8,
    Gpr.RBX, Gpr.R13, Gpr.R14, Gpr.R15, Gpr.RBP, Gpr.R10
  };

  final JitInput input;
  final int index;
  final RunnableProgram.Function function;
  final CodeLayout layout;
  final Linkage linkage;
  final CodeBuffer buffer = new CodeBuffer();
  final X64Assembler asm = new X64Assembler(buffer);
  final int[] addrs;
  final boolean privateStack;

  /** Bits of the BPF registers 6 to 9 that occur in the function. */
  final int calleeUsed;

  /** Where this CPU's base is kept in a register, or null. */
  final @Nullable PerCpuBase perCpuBase;

  private final BitSet unusedArguments;

  private final int used;

  private final int[] registers = BPF_TO_CPU.clone();

  /** Whether jumps start out short and only grow, else they start out near and only shrink. */
  private final boolean growing;

  /** Growing only: the instructions whose jumps have become near. */
  private final BitSet near = new BitSet();

  private int passes;

  private final List<Relocation> relocations = new ArrayList<>();
  private final List<MachineCode.PokeSite> pokeSites = new ArrayList<>();

  /** Whether jumps keep their size by nops, so that the passes come to an end. */
  boolean padding;

  /** Offset of the first epilogue, of this pass once that is emitted. */
  int epilogue;

  boolean epilogueEmitted;

  /** Offset of what runs after the prologue's stub, of this pass once that is emitted. */
  int body;

  /** 1-based number of the instruction that is emitted; see {@link #addrs}. */
  int current;

  /** Offset of its first byte. */
  int currentStart;

  FunctionCode(JitInput input, int index, CodeLayout layout, Linkage linkage) {
    this.input = input;
    this.index = index;
    this.function = input.functions().get(index);
    this.layout = layout;
    this.linkage = linkage;
    this.privateStack = function.privateStack() && layout.privateStacks();
    if (privateStack) {
      registers[10] = Gpr.R9;
    }
    int insns = function.end() - function.start();
    addrs = new int[insns + 1];
    growing = layout instanceof UserLayout;
    // Growing begins with nothing but zeros.
    for (int i = 0; i <= insns && !growing; i++) {
      addrs[i] = 64 * (i + 1);
    }
    epilogue = addrs[insns];
    used = used();
    calleeUsed = used & 0x3c0;
    perCpuBase = layout instanceof UserLayout ? PerCpuBase.of(this) : null;
    unusedArguments =
        layout instanceof UserLayout ? DirectCallArguments.unused(input, function) : new BitSet();
  }

  private int used() {
    int registers = 0;
    for (int i = function.start(); i < function.end(); i++) {
      long word = input.insns()[i];
      registers |= 1 << InsnWord.dst(word) | 1 << InsnWord.src(word);
    }
    return registers;
  }

  /** Whether a BPF register occurs in the function. */
  boolean uses(int bpfRegister) {
    return (used >> bpfRegister & 1) != 0;
  }

  /** Starts a pass. */
  void begin() {
    passes++;
    buffer.clear();
    relocations.clear();
    pokeSites.clear();
    epilogueEmitted = false;
  }

  /** The CPU register of a BPF register number. */
  int cpu(int bpfRegister) {
    if (bpfRegister >= registers.length) {
      throw new IllegalArgumentException("register number " + bpfRegister);
    }
    return registers[bpfRegister];
  }

  void loadPerCpuBase() {
    asm.loadGs(1, PerCpuBase.REGISTER, layout.perCpuBaseDisp());
    relocation(Relocation.Kind.PER_CPU, 4, 0);
  }

  /** The register that a memory access of the current instruction goes through. */
  int base(int bpfRegister) {
    return perCpuDisplacement() == PerCpuBase.NONE ? cpu(bpfRegister) : PerCpuBase.REGISTER;
  }

  /** What that access adds to the register. */
  int displacement(long word) {
    long known = perCpuDisplacement();
    return InsnWord.off(word) + (known == PerCpuBase.NONE ? 0 : (int) known);
  }

  /** See {@link PerCpuBase#displacement}. */
  long perCpuDisplacement() {
    return perCpuBase == null ? PerCpuBase.NONE : perCpuBase.displacement(current - 1);
  }

  /**
   * Whether the constant that the current instruction loads is not read; see {@link
   * PerCpuBase#isDead} and {@link DirectCallArguments}.
   */
  boolean isDead() {
    return perCpuBase != null && perCpuBase.isDead(current - 1) || unusedArguments.get(current - 1);
  }

  int dst(long word) {
    return cpu(InsnWord.dst(word));
  }

  int src(long word) {
    return cpu(InsnWord.src(word));
  }

  /** The instruction after the current one, or 0 at the end. */
  long next() {
    int at = function.start() + current;
    return at < function.end() ? input.insns()[at] : 0;
  }

  /** Bytes of stack frame. */
  int frameBytes() {
    return privateStack ? 0 : roundedStackDepth();
  }

  int roundedStackDepth() {
    return function.stackDepth() + 7 & -8;
  }

  /** rbp-relative place of the pointer to the tail call counter. */
  int tailCallCounterDisp() {
    return -16 - roundedStackDepth();
  }

  /** Distance from the current instruction's end to the end of the one {@code off} further. */
  int distance(int off) {
    return addrs[current + off] - addrs[current];
  }

  /** Whether the current instruction's jump over a distance takes two bytes. */
  boolean isShort(int distance) {
    if (!growing) {
      return distance >= -128 && distance <= MAX_SHRINKING_SHORT;
    }
    // In the first pass nothing is known of distances.
    if (passes > 1 && !X64Assembler.isImm8(distance)) {
      near.set(current);
    }
    return !near.get(current);
  }

  /** Bytes that the current instruction had in the pass before and lacks so far. */
  int missingBytes() {
    return addrs[current] - addrs[current - 1] - (buffer.position() - currentStart);
  }

  /** Notes that the last {@code length} bytes hold an address. */
  void relocation(Relocation.Kind kind, int length, int operand) {
    relocations.add(new Relocation(buffer.position() - length, length, kind, operand));
  }

  void pokeSite(int poke, int bypass, int target) {
    pokeSites.add(new MachineCode.PokeSite(poke, bypass, target));
  }

  List<Relocation> relocations() {
    return relocations;
  }

  List<MachineCode.PokeSite> pokeSites() {
    return pokeSites;
  }
}

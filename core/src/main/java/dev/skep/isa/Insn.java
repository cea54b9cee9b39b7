package dev.skep.isa;

/**
 * One instruction as what it means: the cold model for readers, tools and tests. What the encoding
 * hides in off or imm (signed division, sign extension, the atomic operation, may_goto) is a case
 * or a component here. {@link InsnCodec} maps words to cases and back.
 *
 * <p>Jump distances count slots from the instruction after the jump.
 */
public sealed interface Insn {
  /** Width of an operation on registers; the 32-bit ones clear the upper half of the result. */
  enum Width {
    W32,
    W64
  }

  /** Size of a memory access: 1, 2, 4 or 8 bytes. */
  enum Size {
    B,
    H,
    W,
    DW
  }

  /** How memory is reached; all but PLAIN come from rewrites. */
  enum Access {
    /** The address is in the base register. */
    PLAIN,
    /** A fault reads as zero (PROBE_MEM). */
    PROBE,
    /** The base register holds the lower half of an arena address (PROBE_MEM32). */
    ARENA
  }

  /** Arithmetic with two operands. */
  enum AluOp {
    ADD,
    SUB,
    MUL,
    DIV,
    SDIV,
    MOD,
    SMOD,
    OR,
    AND,
    XOR,
    LSH,
    RSH,
    ARSH,
    MOV
  }

  /** Conditions of jumps; JSGT and the like compare signed. */
  enum Condition {
    JEQ,
    JNE,
    JGT,
    JGE,
    JLT,
    JLE,
    JSGT,
    JSGE,
    JSLT,
    JSLE,
    JSET
  }

  /** Atomic read-modify-write operations. */
  enum AtomicOp {
    ADD,
    OR,
    AND,
    XOR,
    FETCH_ADD,
    FETCH_OR,
    FETCH_AND,
    FETCH_XOR,
    XCHG,
    CMPXCHG
  }

  /** To what byte order {@link ByteOrder} converts. */
  enum Order {
    LITTLE,
    BIG,
    /** Always reversed (bswap). */
    SWAP
  }

  /** What a 64-bit constant stands for, by the number in src. */
  enum Constant {
    VALUE,
    MAP,
    MAP_VALUE,
    VARIABLE,
    FUNCTION,
    MAP_INDEX,
    MAP_INDEX_VALUE
  }

  /** dst = dst op src; MOV: dst = src. */
  record Alu(AluOp op, Width width, Register dst, Operand src) implements Insn {}

  /** dst = -dst. */
  record Negate(Width width, Register dst) implements Insn {}

  /**
   * dst = the lowest bits of src, sign-extended to the width.
   *
   * @param bits 8, 16, or 32 for the 64-bit width
   */
  record MoveSignExtended(Width width, int bits, Register dst, Register src) implements Insn {}

  /**
   * dst = the lowest bits of dst in another byte order, zero-extended.
   *
   * @param bits 16, 32 or 64
   */
  record ByteOrder(Order order, int bits, Register dst) implements Insn {}

  /** dst = src moved between address spaces, which are 16-bit numbers. */
  record AddressSpaceCast(Register dst, Register src, int to, int from) implements Insn {}

  /** dst = src + this CPU's base (mov64_percpu). */
  record PerCpuAddress(Register dst, Register src) implements Insn {}

  /** dst = *(base + off), zero- or sign-extended. */
  record Load(Size size, boolean signed, Register dst, Register base, int off, Access access)
      implements Insn {}

  /** *(base + off) = value. */
  record Store(Size size, Register base, int off, Operand value, Access access) implements Insn {}

  /** An atomic operation on *(base + off); the fetching ones put the old value in src or R0. */
  record Atomic(AtomicOp op, Size size, Register base, int off, Register src, Access access)
      implements Insn {}

  /** dst = *(base + off) with acquire order. */
  record LoadAcquire(Size size, Register dst, Register base, int off, Access access)
      implements Insn {}

  /** *(base + off) = src with release order. */
  record StoreRelease(Size size, Register base, int off, Register src, Access access)
      implements Insn {}

  /** dst = a 64-bit constant: the only instruction of two slots. */
  record LoadConstant(Register dst, Constant kind, long value) implements Insn {}

  /** R0 = packet bytes at imm, in host order (legacy). */
  record LoadPacket(Size size, int imm) implements Insn {}

  /** R0 = packet bytes at src + imm, in host order (legacy). */
  record LoadPacketIndirect(Size size, Register src, int imm) implements Insn {}

  /**
   * An unconditional jump.
   *
   * @param far whether the distance has 32 bits (gotol) rather than 16
   */
  record Jump(boolean far, int distance) implements Insn {}

  /** A jump to the address in a register (gotox). */
  record JumpIndirect(Register target) implements Insn {}

  /** A jump if the condition holds of dst and src; JSET: if dst & src is not 0. */
  record JumpIf(Condition condition, Width width, Register dst, Operand src, int distance)
      implements Insn {}

  /** A jump that the kernel takes when the program has looped for too long. */
  record MayGoto(int distance) implements Insn {}

  /** A call of a helper by number; in rewritten programs also of kernel functions. */
  record CallHelper(int id) implements Insn {}

  /** A call of a function of the program. */
  record CallLocal(int distance) implements Insn {}

  /**
   * A call of a kernel function by BTF id (kfunc).
   *
   * @param btf index into the fd array of the module BTF, 0 for vmlinux
   */
  record CallKfunc(int id, int btf) implements Insn {}

  /** Return from a function or end of the program. */
  record Exit() implements Insn {}

  /**
   * The rewritten tail call.
   *
   * @param poke index of the poke descriptor + 1, or 0
   */
  record TailCall(int poke) implements Insn {}

  /** A barrier against speculation. */
  record SpeculationBarrier() implements Insn {}

  /** A word that is no instruction, kept as it is. */
  record Invalid(long word) implements Insn {}

  /** Slots of 8 bytes: 2 for {@link LoadConstant}, else 1. */
  default int slots() {
    return this instanceof LoadConstant ? 2 : 1;
  }
}

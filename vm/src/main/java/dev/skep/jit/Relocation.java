package dev.skep.jit;

/**
 * Bytes of machine code that hold an address, or a distance to one: what two compilations of a
 * program may differ in.
 *
 * @param offset of the first byte
 * @param length in bytes: 4 or 8; on arm64 4 per word
 * @param operand what the kind refers to
 */
public record Relocation(int offset, int length, Kind kind, int operand) {
  /** What the bytes are. */
  public enum Kind {
    /** rel32 to the return thunk. */
    RETURN_THUNK,
    /** rel32 to the thunk of an indirect jump through rcx. */
    INDIRECT_THUNK,
    /** rel32 to the helper or kernel function whose number is the operand. */
    CALL_HELPER,
    /** rel32 to the kfunc whose BTF id is the operand. */
    CALL_KFUNC,
    /** rel32 to the function of this program whose index is the operand. */
    CALL_FUNCTION,
    /** Address of the function of this program whose index is the operand. */
    FUNCTION,
    /** Address of the map, or of a value in it, whose index is the operand. */
    MAP,
    /** Address of the kernel variable whose ordinal is the operand. */
    KERNEL_VARIABLE,
    /** Start of the arena as the kernel sees it. */
    ARENA,
    /** Offset of a per-CPU variable of the kernel. */
    PER_CPU,
    /** Per-CPU address of the private stack. */
    PRIVATE_STACK
  }
}

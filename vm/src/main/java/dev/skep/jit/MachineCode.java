package dev.skep.jit;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;

/**
 * The result of a JIT: the images of all functions one behind the other, and what has to be put
 * into them once their address is known.
 */
public final class MachineCode {
  private final byte[] bytes;
  private final int[] functionOffsets;
  private final int[] functionLengths;
  private final int[] insnOffsets;
  private final List<Relocation> relocations;
  private final List<PokeSite> pokes;
  private final List<FaultSite> faults;
  private final int tailCallEntry;

  /**
   * Where a direct tail call is patched: two places of 5 bytes, or one.
   *
   * @param poke index of the poke descriptor
   * @param bypass kernel layout: the jump over the tail call, a nop while the slot is populated;
   *     userspace layout: where the jump at {@code target} goes while it is not
   * @param target kernel layout: the nop that becomes the jump to the target's tail call entry;
   *     userspace layout: the jump, whose displacement is at a multiple of four
   */
  public record PokeSite(int poke, int bypass, int target) {}

  /**
   * An instruction that may fault, and is then skipped (struct exception_table_entry).
   *
   * @param offset of the instruction
   * @param cleared number of the CPU's register that becomes 0, or -1
   * @param arenaBase of an access to an arena the register that its address is in, else -1
   * @param displacement what that register is short of the address
   */
  public record FaultSite(int offset, int cleared, int arenaBase, int displacement) {}

  /**
   * @param functionOffsets starts of the functions, then the end
   * @param insnOffsets for each instruction the offset at which its code starts
   * @param functionLengths of the code of each function, without what is behind it
   * @param tailCallEntry offset at which tail calls enter the first function
   */
  public MachineCode(
      byte[] bytes,
      int[] functionOffsets,
      int[] functionLengths,
      int[] insnOffsets,
      List<Relocation> relocations,
      List<PokeSite> pokes,
      List<FaultSite> faults,
      int tailCallEntry) {
    this.bytes = bytes;
    this.functionOffsets = functionOffsets;
    this.functionLengths = functionLengths;
    this.insnOffsets = insnOffsets;
    this.relocations = List.copyOf(relocations);
    this.pokes = List.copyOf(pokes);
    this.faults = List.copyOf(faults);
    this.tailCallEntry = tailCallEntry;
  }

  /** The same code with other bytes: as it is at an address, or after patches. */
  public MachineCode withBytes(byte[] other) {
    if (other.length != bytes.length) {
      throw new IllegalArgumentException(other.length + " bytes of code, want " + bytes.length);
    }
    return new MachineCode(
        other.clone(),
        functionOffsets,
        functionLengths,
        insnOffsets,
        relocations,
        pokes,
        faults,
        tailCallEntry);
  }

  /** The code, places of {@link #relocations} holding what does not depend on its address. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /**
   * The code as dumps show it (jited_prog_insns): function by function, without what is between.
   */
  public byte[] dumped() {
    ByteArrayOutputStream dumped = new ByteArrayOutputStream(bytes.length);
    for (int i = 0; i < functions(); i++) {
      dumped.write(bytes, functionOffsets[i], functionLengths[i]);
    }
    return dumped.toByteArray();
  }

  /** The code with zeros at all places of {@link #relocations}: what two machines have alike. */
  public byte[] masked() {
    byte[] masked = bytes.clone();
    for (Relocation r : relocations) {
      Arrays.fill(masked, r.offset(), r.offset() + r.length(), (byte) 0);
    }
    return masked;
  }

  public int length() {
    return bytes.length;
  }

  public int functions() {
    return functionOffsets.length - 1;
  }

  /** Offset of a function's first byte; {@code functionOffset(functions())} is the length. */
  public int functionOffset(int function) {
    return functionOffsets[function];
  }

  /** Length of a function's image (jited_func_lens). */
  public int functionLength(int function) {
    return functionLengths[function];
  }

  /**
   * Offset of the code of an instruction of the rewritten program (jited_line_info); a function's
   * first instruction starts with the function's prologue.
   */
  public int insnOffset(int insn) {
    return insnOffsets[insn];
  }

  /** Offset of the place in the first function that tail calls jump to. */
  public int tailCallEntry() {
    return tailCallEntry;
  }

  public List<Relocation> relocations() {
    return relocations;
  }

  public List<PokeSite> pokes() {
    return pokes;
  }

  /** In the order of their offsets. */
  public List<FaultSite> faults() {
    return faults;
  }
}

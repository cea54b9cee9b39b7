package dev.skep.jit;

import java.util.Arrays;
import java.util.List;

/**
 * The result of a JIT: the images of all functions one behind the other, and what has to be put
 * into them once their address is known.
 */
public final class MachineCode {
  private final byte[] bytes;
  private final int[] functionOffsets;
  private final int[] insnOffsets;
  private final List<Relocation> relocations;
  private final List<PokeSite> pokes;

  /**
   * Where a direct tail call is patched (both 5 bytes long).
   *
   * @param poke index of the poke descriptor
   * @param bypass the jump over the tail call, a nop while the slot is populated
   * @param target the nop that becomes the jump to the target's tail call entry
   */
  public record PokeSite(int poke, int bypass, int target) {}

  /**
   * @param functionOffsets starts of the functions, then the end
   * @param insnOffsets for each instruction the offset at which its code starts
   */
  public MachineCode(
      byte[] bytes,
      int[] functionOffsets,
      int[] insnOffsets,
      List<Relocation> relocations,
      List<PokeSite> pokes) {
    this.bytes = bytes;
    this.functionOffsets = functionOffsets;
    this.insnOffsets = insnOffsets;
    this.relocations = List.copyOf(relocations);
    this.pokes = List.copyOf(pokes);
  }

  /** The code, places of {@link #relocations} holding what does not depend on its address. */
  public byte[] bytes() {
    return bytes.clone();
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
    return functionOffsets[function + 1] - functionOffsets[function];
  }

  /**
   * Offset of the code of an instruction of the rewritten program (jited_line_info); a function's
   * first instruction starts with the function's prologue.
   */
  public int insnOffset(int insn) {
    return insnOffsets[insn];
  }

  public List<Relocation> relocations() {
    return relocations;
  }

  public List<PokeSite> pokes() {
    return pokes;
  }
}

package dev.skep.jit.x64;

import dev.skep.jit.MachineCode;
import dev.skep.jit.Relocation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The functions of a program put one behind the other. */
final class Image {
  private static final byte BREAKPOINT = (byte) 0xcc;

  private final int[] functionOffsets;
  private final int[] functionLengths;
  private final int[] insnOffsets;
  private final List<Relocation> relocations = new ArrayList<>();
  private final List<MachineCode.PokeSite> pokes = new ArrayList<>();
  private byte[] bytes = new byte[0];
  private int functions;

  Image(JitInput input) {
    functionOffsets = new int[input.functions().size() + 1];
    functionLengths = new int[input.functions().size()];
    insnOffsets = new int[input.insns().length];
  }

  /**
   * Appends a function.
   *
   * @param alignment what its end is a multiple of, so that the next one starts there
   */
  void add(FunctionCode f, int alignment) {
    int start = bytes.length;
    byte[] code = f.buffer.copy();
    bytes = Arrays.copyOf(bytes, start + (code.length + alignment - 1 & -alignment));
    System.arraycopy(code, 0, bytes, start, code.length);
    Arrays.fill(bytes, start + code.length, bytes.length, BREAKPOINT);
    functionLengths[functions++] = code.length;
    functionOffsets[functions] = bytes.length;
    for (Relocation r : f.relocations()) {
      relocations.add(new Relocation(start + r.offset(), r.length(), r.kind(), r.operand()));
    }
    for (MachineCode.PokeSite p : f.pokeSites()) {
      pokes.add(new MachineCode.PokeSite(p.poke(), start + p.bypass(), start + p.target()));
    }
    int first = f.function.start();
    insnOffsets[first] = start;
    for (int i = first + 1; i < f.function.end(); i++) {
      insnOffsets[i] = start + f.addrs[i - first];
    }
  }

  /**
   * @param tailCallEntry where tail calls enter the first function
   */
  MachineCode code(int tailCallEntry) {
    return new MachineCode(
        bytes,
        functionOffsets,
        functionLengths,
        insnOffsets,
        relocations,
        pokes,
        List.of(),
        tailCallEntry);
  }
}

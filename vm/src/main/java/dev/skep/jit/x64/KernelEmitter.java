package dev.skep.jit.x64;

import dev.skep.errors.UnsupportedException;
import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode;
import dev.skep.jit.Relocation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs the passes of bpf_int_jit_compile and lays the functions behind each other. */
final class KernelEmitter {
  private static final int MAX_PASSES = 20;

  /** From this pass on jumps are padded, so that sizes stop changing. */
  private static final int PADDING_PASSES = MAX_PASSES - 5;

  private final JitInput input;
  private final KernelLayout layout;
  private final Linkage linkage;

  KernelEmitter(JitInput input, KernelLayout layout, Linkage linkage) {
    this.input = input;
    this.layout = layout;
    this.linkage = linkage;
  }

  MachineCode emit() {
    int functions = input.functions().size();
    int[] offsets = new int[functions + 1];
    int[] insnOffsets = new int[input.insns().length];
    List<Relocation> relocations = new ArrayList<>();
    List<MachineCode.PokeSite> pokes = new ArrayList<>();
    byte[] bytes = new byte[0];
    for (int i = 0; i < functions; i++) {
      FunctionCode f = converge(i, functions > 1);
      byte[] image = f.buffer.copy();
      int start = offsets[i];
      offsets[i + 1] = start + image.length;
      bytes = Arrays.copyOf(bytes, offsets[i + 1]);
      System.arraycopy(image, 0, bytes, start, image.length);
      collect(f, start, insnOffsets, relocations, pokes);
    }
    return new MachineCode(bytes, offsets, insnOffsets, relocations, pokes);
  }

  private static void collect(
      FunctionCode f,
      int start,
      int[] insnOffsets,
      List<Relocation> relocations,
      List<MachineCode.PokeSite> pokes) {
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

  /** Emits a function until its size is the same twice, and then once more for the image. */
  private FunctionCode converge(int index, boolean extraPass) {
    FunctionCode f = new FunctionCode(input, index, layout, linkage);
    KernelFrame frame = new KernelFrame(f, layout);
    InsnLowering lowering = new InsnLowering(f, frame, new KernelTailCalls(f, layout, frame));
    int length = 0;
    boolean image = false;
    for (int pass = 0; pass < MAX_PASSES || image; pass++) {
      f.padding = f.padding || pass >= PADDING_PASSES;
      int now = lowering.pass();
      if (image) {
        sameLength(now, length);
        if (extraPass) {
          // The kernel emits once more when all functions have their addresses.
          f.padding = true;
          sameLength(lowering.pass(), length);
        }
        return f;
      }
      image = now == length;
      length = now;
    }
    throw new UnsupportedException("jit: no stable size after " + MAX_PASSES + " passes");
  }

  private static void sameLength(int now, int before) {
    if (now != before) {
      throw new UnsupportedException("jit: size changed from " + before + " to " + now);
    }
  }
}

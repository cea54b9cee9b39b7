package dev.skep.jit.x64;

import dev.skep.errors.UnsupportedException;
import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode;

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
    Image image = new Image(input);
    int functions = input.functions().size();
    for (int i = 0; i < functions; i++) {
      image.add(converge(i, functions > 1), 1);
    }
    return image.code(layout.tailCallEntry());
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

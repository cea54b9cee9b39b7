package dev.skep.jit.x64;

import dev.skep.errors.UnsupportedException;
import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode;
import java.util.Arrays;

/**
 * Emits the userspace layout. Jumps start out short and become near where they must, and stay so;
 * then places settle, whatever the alignment between them does.
 */
final class UserEmitter {
  /** No program is known to need more than ten; a bug must not go on for ever. */
  private static final int MAX_PASSES = 1000;

  private final JitInput input;
  private final UserLayout layout;
  private final Linkage linkage;

  UserEmitter(JitInput input, UserLayout layout, Linkage linkage) {
    this.input = input;
    this.layout = layout;
    this.linkage = linkage;
  }

  MachineCode emit() {
    Image image = new Image(input);
    int tailCallEntry = 0;
    for (int i = 0; i < input.functions().size(); i++) {
      FunctionCode f = settle(i);
      if (i == 0) {
        tailCallEntry = f.body;
      }
      image.add(f, UserLayout.ALIGNMENT);
    }
    return image.code(tailCallEntry);
  }

  /** Emits a function until a pass changes no place. */
  private FunctionCode settle(int index) {
    FunctionCode f = new FunctionCode(input, index, layout, linkage);
    UserFrame frame = new UserFrame(f);
    InsnLowering lowering = new InsnLowering(f, frame, new UserTailCalls(f, frame));
    int[] before;
    int passes = 0;
    do {
      if (passes++ == MAX_PASSES) {
        throw new UnsupportedException("jit: places do not settle");
      }
      before = f.addrs.clone();
      lowering.pass();
    } while (!Arrays.equals(before, f.addrs));
    return f;
  }
}

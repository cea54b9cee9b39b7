package dev.skep.jit.x64;

import java.util.Arrays;

/**
 * Jumps to places of a routine by number. Displacements are rel8 unless the jump says that its
 * target is far.
 */
final class Labels {
  private final CodeBuffer code;
  private final X64Assembler asm;
  private final int[] places;
  private final int[] jumps;
  private final int[] targets;
  private final boolean[] far;
  private int count;

  /**
   * @param labels how many there are, numbered from 0
   */
  Labels(CodeBuffer code, X64Assembler asm, int labels) {
    this.code = code;
    this.asm = asm;
    places = new int[labels];
    Arrays.fill(places, -1);
    jumps = new int[64];
    targets = new int[64];
    far = new boolean[64];
  }

  /** The label is here. */
  void bind(int label) {
    places[label] = code.position();
  }

  void jumpIf(int condition, int label) {
    asm.jumpIfShort(condition, 0);
    jumped(label);
  }

  void jumpFarIf(int condition, int label) {
    asm.jumpIfNear(condition, 0);
    far[count] = true;
    jumped(label);
  }

  void jumpFar(int label) {
    asm.jumpNear(0);
    far[count] = true;
    jumped(label);
  }

  void jump(int label) {
    asm.jumpShort(0);
    jumped(label);
  }

  private void jumped(int label) {
    jumps[count] = code.position();
    targets[count++] = label;
  }

  /** Puts the displacements in; every label that is used is bound. */
  void resolve() {
    for (int i = 0; i < count; i++) {
      int displacement = places[targets[i]] - jumps[i];
      if (places[targets[i]] < 0 || !far[i] && !X64Assembler.isImm8(displacement)) {
        throw new IllegalStateException("label " + targets[i] + " is out of reach");
      }
      if (far[i]) {
        code.set4(jumps[i] - 4, displacement);
      } else {
        code.set1(jumps[i] - 1, displacement);
      }
    }
  }
}

package dev.skep.jit.x64;

/** Jumps to places of a routine by name; routines are short, so all displacements are rel8. */
final class Labels {
  private final CodeBuffer code;
  private final X64Assembler asm;
  private final int[] places;
  private final int[] jumps;
  private final int[] targets;
  private int count;

  /**
   * @param labels how many there are, numbered from 0
   */
  Labels(CodeBuffer code, X64Assembler asm, int labels) {
    this.code = code;
    this.asm = asm;
    places = new int[labels];
    java.util.Arrays.fill(places, -1);
    jumps = new int[32];
    targets = new int[32];
  }

  /** The label is here. */
  void bind(int label) {
    places[label] = code.position();
  }

  void jumpIf(int condition, int label) {
    asm.jumpIfShort(condition, 0);
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
      if (places[targets[i]] < 0 || !X64Assembler.isImm8(displacement)) {
        throw new IllegalStateException("label " + targets[i] + " is out of reach");
      }
      code.set1(jumps[i] - 1, displacement);
    }
  }
}

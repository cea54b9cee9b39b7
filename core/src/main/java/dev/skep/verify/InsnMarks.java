package dev.skep.verify;

/**
 * What the passes before the main one say of each instruction (the part of struct bpf_insn_aux_data
 * that steers exploration).
 */
final class InsnMarks {
  /** Bit of r10 in {@link #liveBefore}; never printed. */
  static final int FRAME_POINTER = 1 << 10;

  /** States are compared and stored here. */
  final boolean[] prunePoint;

  /** The jump history notes how this instruction was reached. */
  final boolean[] jumpPoint;

  /** A state is stored here always. */
  final boolean[] forceCheckpoint;

  /** A call that simulates a callback before it returns. */
  final boolean[] callsCallback;

  /** A kfunc call that takes the next step of an iteration. */
  final boolean[] iteratorStep;

  /** Strongly connected component of the control flow graph, 0 for none. */
  final int[] scc;

  /** Registers read before they are written, from here on: one bit each. */
  final short[] liveBefore;

  /** Instructions of all subprograms, each in its postorder; second slots of ld_imm64 absent. */
  int[] postorder = {};

  /** One more than the greatest number in {@link #scc}. */
  int sccCount = 1;

  /** Makes every instruction a checkpoint. */
  void checkpointEverywhere(long[] insns) {
    for (int i = 0; i < insns.length; i++) {
      prunePoint[i] = true;
      forceCheckpoint[i] = true;
    }
  }

  InsnMarks(int insns) {
    prunePoint = new boolean[insns];
    jumpPoint = new boolean[insns];
    forceCheckpoint = new boolean[insns];
    callsCallback = new boolean[insns];
    iteratorStep = new boolean[insns];
    scc = new int[insns];
    liveBefore = new short[insns];
  }
}

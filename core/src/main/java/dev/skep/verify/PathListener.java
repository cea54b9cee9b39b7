package dev.skep.verify;

/** Is told what the main pass does, in a second run of it that explains a rejection. */
interface PathListener {
  /** The program or a global function is begun. */
  void begins();

  /** The instruction {@link Env#insn} is about to be judged, or to be found safe. */
  void step(Env env);

  /** The current state, or one made from it, was put aside. */
  void pushed();

  /** The state put aside last goes on. */
  void popped();

  /** A checkpoint was made where the path stands. */
  void stored(int insn);

  /** No path was left: what follows judges the program as a whole. */
  void ends();
}

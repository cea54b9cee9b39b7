package dev.skep.jit.x64;

/** How a function of one layout begins and ends. */
interface FrameLowering {
  /** What stands before the first instruction. */
  void prologue();

  /** The exit instruction that comes first: the epilogue itself, to which the others jump. */
  void epilogue();
}

package dev.skep.jit.x64;

/** How a function of one layout begins and ends. */
interface FrameLowering {
  /** What stands before the first instruction. */
  void prologue();

  /** What an exit instruction is. */
  void epilogue();

  /** Whether every exit instruction has an epilogue of its own; else they jump to the first. */
  boolean everyExit();
}

package dev.skep.run;

import dev.skep.errors.UnsupportedException;
import dev.skep.map.VmMap;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.RunnableProgram;
import java.util.List;
import java.util.Map;

/** Makes programs executable: the interpreter or a JIT. */
interface Backend extends AutoCloseable {
  /** The engine's name on the command line. */
  String name();

  /**
   * How programs are rewritten for it, given what the user wants: without direct tail calls where
   * no code is patched.
   */
  default RewriteOptions rewrites(RewriteOptions wanted) {
    return RewriteOptions.INDIRECT;
  }

  /**
   * Loads a rewritten program.
   *
   * @param maps in the order of the program's
   * @throws dev.skep.errors.UnsupportedException for an instruction or a function that is missing
   */
  Executable load(RunnableProgram program, List<VmMap> maps);

  /** Whether tail calls enter machine code, behind a prologue: slots then have cached targets. */
  boolean entersBehindPrologue();

  /**
   * Loads a rewritten program once more, with other programs in place of some functions.
   *
   * @param replaced by the function's number, which is not 0: code of this backend that stays as
   *     long as the result
   * @throws dev.skep.errors.UnsupportedException if this backend has no such way
   */
  default Executable load(
      RunnableProgram program, List<VmMap> maps, Map<Integer, Executable> replaced) {
    throw new UnsupportedException("extensions of programs on engine " + name());
  }

  /** Bytes of machine code in use. */
  default long codeBytes() {
    return 0;
  }

  /** Frees what the backend holds; nothing runs. */
  @Override
  void close();
}

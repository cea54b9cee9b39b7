package dev.skep.verify;

import dev.skep.program.Program;
import java.util.List;

/**
 * What a verified program shows to programs that extend it (func_info and func_info_aux of struct
 * bpf_prog_aux).
 *
 * @param jited whether it is compiled
 * @param functions those that are left when dead code is gone, the main program first: the order of
 *     the rewritten program's functions
 */
public record TargetProgram(Program program, boolean jited, List<Function> functions) {
  /**
   * One of its functions.
   *
   * @param typeId FUNC of the program's BTF, 0 without BTF
   * @param unreliable whether its prototype in BTF is not what it was verified for
   * @param changesPacketData may move packet data
   * @param mightSleep may sleep
   * @param exceptionCallback is called when the program throws
   */
  public record Function(
      int typeId,
      boolean unreliable,
      boolean changesPacketData,
      boolean mightSleep,
      boolean exceptionCallback) {
    static Function of(SubprogFacts facts) {
      return new Function(
          facts.typeId(),
          facts.unreliable(),
          facts.changesPacketData(),
          facts.mightSleep(),
          facts.exceptionCallback());
    }
  }

  /** The number of the function that a type stands for, or -1. */
  public int functionOf(int typeId) {
    for (int i = 0; i < functions.size(); i++) {
      if (functions.get(i).typeId() == typeId && typeId != 0) {
        return i;
      }
    }
    return -1;
  }
}

package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.program.AttachTarget;
import dev.skep.program.Program;
import org.jspecify.annotations.Nullable;

/**
 * A program that is to replace a function of another one, as far as the target cares.
 *
 * @param program the extension
 * @param jitRequested whether it will be compiled
 * @param changesPacketData whether it may move packet data
 * @param mightSleep whether it may sleep
 * @param of the program that it extends
 * @param typeId the function, a FUNC of that program's BTF
 */
record Extension(
    Program program,
    boolean jitRequested,
    boolean changesPacketData,
    boolean mightSleep,
    TargetProgram of,
    int typeId) {

  /** The extension that is verified; null if the program is none. */
  static @Nullable Extension of(
      Program program, VerifierOptions options, Subprog main, @Nullable TargetProgram target) {
    if (target == null) {
      return null;
    }
    return new Extension(
        program,
        options.host().jit(),
        main.changesPacketData,
        main.mightSleep,
        target,
        AttachTarget.inProgram(program, target.program()));
  }

  /** Where the extended program says what its functions are. */
  Btf targetBtf() {
    Btf btf = of.program().btf();
    if (btf == null) {
      throw new IllegalStateException("target without BTF");
    }
    return btf;
  }
}

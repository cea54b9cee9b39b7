package dev.skep.cli;

import dev.skep.isa.InsnWord;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.verify.VerifierOptions;
import java.util.List;

/**
 * Gets the verifier and the compiler ready on another core while the command line is read: a
 * program of two instructions goes all the way.
 */
final class Preload {
  private Preload() {}

  /** Begins, if the command is one that needs it. */
  static void start(String[] args) {
    if (args.length > 1
        && args[0].equals("verify")
        && Runtime.getRuntime().availableProcessors() > 1) {
      Thread.ofPlatform().daemon().name("preload").start(Preload::run);
    }
  }

  private static void run() {
    long[] insns = {InsnWord.of(0xb7, 0, 0, 0, 0), InsnWord.of(0x95, 0, 0, 0, 0)};
    Program program = Program.of("preload", ProgramType.XDP, "GPL", insns, List.of());
    Judge.program("", program, VerifierOptions.standard());
  }
}

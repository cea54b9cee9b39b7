package dev.skep.engine;

import dev.skep.program.Program;

/** A program that can run. */
public interface LoadedProgram extends AutoCloseable {
  Program program();

  /**
   * BPF_PROG_TEST_RUN.
   *
   * @throws dev.skep.errors.BpfErrnoException with the errno that Linux gives
   */
  TestRunResult testRun(TestRun run);

  @Override
  void close();
}

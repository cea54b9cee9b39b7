package dev.skep.linux;

import org.jspecify.annotations.Nullable;

/**
 * The kernel's answer to BPF_PROG_LOAD.
 *
 * @param errno 0 when it was accepted
 * @param log the log at the level that was asked
 * @param logBytes bytes that the whole log needs, its final NUL included
 * @param program the loaded program, or null when it was rejected
 * @param nanos time of the command itself; of the last one, where the log needed several
 */
public record KernelVerdict(
    int errno, String log, long logBytes, @Nullable KernelProgram program, long nanos)
    implements AutoCloseable {
  public boolean accepted() {
    return errno == 0;
  }

  @Override
  public void close() {
    if (program != null) {
      program.close();
    }
  }
}

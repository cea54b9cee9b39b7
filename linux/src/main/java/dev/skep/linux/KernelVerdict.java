package dev.skep.linux;

import org.jspecify.annotations.Nullable;

/**
 * The kernel's answer to BPF_PROG_LOAD.
 *
 * @param errno 0 when it was accepted
 * @param log the whole log at the level that was asked
 * @param program the loaded program, or null when it was rejected
 */
public record KernelVerdict(int errno, String log, @Nullable KernelProgram program)
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

package dev.skep.natives;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SyscallsTest {
  private static final long CLOSE = 3;
  private static final long GETPID = 39;
  private static final long EBADF = 9;

  @Test
  void givesTheResult() {
    assertThat(Syscalls.host().syscall(GETPID)).isEqualTo(ProcessHandle.current().pid());
  }

  @Test
  void givesTheNegativeErrno() {
    assertThat(Syscalls.host().syscall(CLOSE, -1)).isEqualTo(-EBADF);
  }
}

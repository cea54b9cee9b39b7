package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.Errno;
import dev.skep.program.ProgramType;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One clause for each reason that the kernel does not tell. */
class AdviceTest {
  private static final long ALL = -1;
  private static final long BPF = 1L << HostRights.CAP_BPF;
  private static final long NET = 1L << HostRights.CAP_NET_ADMIN;

  private static HostRights rights(long capabilities) {
    return new HostRights(capabilities, true, OptionalInt.of(2), false, "none");
  }

  private static String refused(HostRights rights, long memlock, ProgramType type) {
    return new Advice(rights, memlock).ofProgram(Errno.EPERM, type);
  }

  @Test
  void missingCapabilities() {
    assertThat(refused(rights(0), -1, ProgramType.XDP))
        .isEqualTo(
            "needs CAP_BPF and CAP_NET_ADMIN: run as root or grant it"
                + " (kernel.unprivileged_bpf_disabled is 2)");
    assertThat(refused(rights(BPF), -1, ProgramType.KPROBE))
        .isEqualTo("programs of this type need CAP_PERFMON besides CAP_BPF");
    assertThat(refused(rights(BPF | NET), -1, ProgramType.XDP)).contains("security module");
    assertThat(refused(rights(BPF), -1, ProgramType.SOCKET_FILTER)).contains("security module");
  }

  @Test
  void otherReasons() {
    HostRights mapped = new HostRights(ALL, false, OptionalInt.empty(), false, "none");
    assertThat(refused(mapped, -1, ProgramType.XDP)).contains("user namespace");
    assertThat(refused(rights(ALL), 65_536, ProgramType.XDP))
        .isEqualTo("locked memory is limited to 65536 bytes: ulimit -l unlimited");
    HostRights locked = new HostRights(ALL, true, OptionalInt.of(0), false, "confidentiality");
    assertThat(refused(locked, -1, ProgramType.XDP)).contains("locked down");
    HostRights container = new HostRights(ALL, true, OptionalInt.of(0), true, "none");
    assertThat(refused(container, -1, ProgramType.XDP)).contains("seccomp");
    assertThat(new Advice(container, -1).ofProgram(Errno.ENOSYS, ProgramType.XDP))
        .contains("seccomp");
    assertThat(new Advice(rights(ALL), -1).ofMap(Errno.ENOSYS)).contains("CONFIG_BPF_SYSCALL");
  }

  @ParameterizedTest
  @CsvSource({
    "22, program type",
    "7, too many instructions",
    "524, built without",
    "12, memory",
    "11, signals",
  })
  void otherErrnos(int errno, String part) {
    assertThat(new Advice(rights(ALL), -1).ofProgram(errno, ProgramType.XDP)).contains(part);
  }

  @Test
  void filesOfTheKernel() {
    HostRights rights =
        HostRights.of(
            "Name:\tjava\nCapEff:\t000001ffffffffff\nSeccomp:\t2\n",
            "         0          0 4294967295\n",
            "1\n",
            "none [integrity] confidentiality\n");
    assertThat(rights.has(HostRights.CAP_BPF)).isTrue();
    assertThat(rights.initialUserNamespace()).isTrue();
    assertThat(rights.unprivilegedDisabled()).hasValue(1);
    assertThat(rights.filtered()).isTrue();
    assertThat(rights.lockdown()).isEqualTo("integrity");
    HostRights none = HostRights.of("", "0 1000 1", "", "");
    assertThat(none.capabilities()).isZero();
    assertThat(none.initialUserNamespace()).isFalse();
    assertThat(none.unprivilegedDisabled()).isEmpty();
  }
}

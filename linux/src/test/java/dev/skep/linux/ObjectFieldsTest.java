package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.Errno;
import dev.skep.linux.sys.Bpf;
import dev.skep.natives.Syscalls;
import dev.skep.testing.ObjectFieldCases;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The running kernel says of the special fields of structs what the cases say. */
class ObjectFieldsTest {
  static List<ObjectFieldCases.Case> cases() {
    return ObjectFieldCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void asLinuxSays(ObjectFieldCases.Case one) {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    Bpf bpf = new Bpf(Syscalls.host());
    int result = new Probe(bpf).btf(one.btf().bytes());
    if (result >= 0) {
      bpf.own(result).close();
    }
    assertThat(Errno.name(Math.max(0, -result))).isEqualTo(Errno.name(one.errno()));
  }
}

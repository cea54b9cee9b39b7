package dev.skep.tests.tailcalls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.ladder.Finding;
import dev.skep.ladder.ObjectLadder;
import dev.skep.ladder.ProgramLadder;
import dev.skep.linux.KernelEngine;
import dev.skep.testing.TailCallCases;
import dev.skep.testing.VerifierCase;
import dev.skep.verify.VerifierOptions;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The programs with tail calls beside the running kernel: verdict, reason, log, rewritten
 * instructions and machine code.
 */
final class VerifierCasesTest {
  private static @Nullable ProgramLadder ladder;

  @BeforeAll
  static void open() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    ladder = ProgramLadder.open();
  }

  @AfterAll
  static void close() {
    if (ladder != null) {
      ladder.close();
    }
  }

  static List<VerifierCase> cases() {
    return TailCallCases.all();
  }

  @ParameterizedTest(name = "linux: {0}")
  @MethodSource("cases")
  void asLinuxSays(VerifierCase each) {
    Assumptions.assumeFalse(
        each.linux().contains("verifier bug"), "Linux warns of itself when it loads this");
    VerifierOptions options = ObjectLadder.verifierOptions();
    Btf kernel = Objects.requireNonNull(options.kernel().vmlinux(), "the kernel's BTF");
    List<Finding> findings = Objects.requireNonNull(ladder).climb(each.program(kernel), options);
    assertThat(findings)
        .filteredOn(finding ->
            finding.kind() != Finding.Kind.EQUAL && finding.kind() != Finding.Kind.NOT_COMPARED)
        .isEmpty();
  }
}

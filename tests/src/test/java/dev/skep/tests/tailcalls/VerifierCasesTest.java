package dev.skep.tests.tailcalls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.engine.BpfMap;
import dev.skep.engine.ObjectLoader;
import dev.skep.ladder.Finding;
import dev.skep.ladder.ObjectLadder;
import dev.skep.ladder.ProgramLadder;
import dev.skep.linux.KernelEngine;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import dev.skep.testing.Check;
import dev.skep.testing.TailCallCases;
import dev.skep.testing.VerifierCase;
import dev.skep.verify.VerifierOptions;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  private static ProgramLadder ladder() {
    return Objects.requireNonNull(ladder);
  }

  /** Without those at which Linux warns of a fault of its own: see the log of the kernel. */
  static List<VerifierCase> cases() {
    return TailCallCases.all().stream()
        .filter(each -> !each.linux().contains("verifier bug"))
        .toList();
  }

  private static Program program(VerifierCase each, VerifierOptions options) {
    Btf kernel = Objects.requireNonNull(options.kernel().vmlinux(), "the kernel's BTF");
    return each.program(kernel);
  }

  private static void assertEqual(List<Finding> findings) {
    assertThat(findings)
        .filteredOn(finding ->
            finding.kind() != Finding.Kind.EQUAL && finding.kind() != Finding.Kind.NOT_COMPARED)
        .isEmpty();
    assertThat(findings.getFirst().kind()).isEqualTo(Finding.Kind.EQUAL);
  }

  @ParameterizedTest(name = "linux: {0}")
  @MethodSource("cases")
  @Check({33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 47, 48, 49, 50, 51, 52, 53, 56, 57, 58})
  void asLinuxSays(VerifierCase each) {
    VerifierOptions options = ObjectLadder.verifierOptions();
    assertEqual(ladder().climb(program(each, options), options));
  }

  /** What is noted as a check of Linux is one that Linux's own verdicts bear out. */
  @Test
  void theCasesOfTheChecksHoldOnLinux() throws ReflectiveOperationException {
    Method test = VerifierCasesTest.class.getDeclaredMethod("asLinuxSays", VerifierCase.class);
    for (int check : test.getAnnotation(Check.class).value()) {
      assertThat(cases().stream().filter(each -> each.checks().contains(check)))
          .as("cases of check %s", check)
          .isNotEmpty()
          .allSatisfy(each -> assertThat(each.linux()).isEqualTo(each.mainline()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = "linux")
  @Check(54)
  void callbacksThatTailCall(String engine) {
    assumeLinuxHolds(54, "Linux 6.18 lets a function that a callback calls do it");
  }

  @ParameterizedTest
  @ValueSource(strings = "linux")
  @Check(59)
  void sleepableProgramsThatTailCall(String engine) {
    assumeLinuxHolds(59, "Linux 6.18 knows no program arrays in sleepable programs");
  }

  private static void assumeLinuxHolds(int check, String otherwise) {
    List<VerifierCase> cases =
        TailCallCases.all().stream().filter(each -> each.checks().contains(check)).toList();
    assertThat(cases).isNotEmpty();
    Assumptions.assumeTrue(
        cases.stream().allMatch(each -> each.linux().equals(each.mainline())), otherwise);
  }

  /** Whoever creates arrays without CAP_PERFMON gets their indexes cut. */
  @ParameterizedTest(name = "linux: {0}")
  @MethodSource("cases")
  @Check({45, 46})
  void asLinuxSaysOfGuardedMaps(VerifierCase each) {
    VerifierOptions root = ObjectLadder.verifierOptions();
    VerifierOptions options = root.withHost(root.host().withGuardedMaps());
    Program program = program(each, options);
    List<BpfMap> maps = new ArrayList<>();
    try {
      Capabilities.withoutPerfmon(() -> {
        for (MapSpec spec : program.maps()) {
          maps.add(ladder().kernel().createMap(ObjectLoader.sized(spec, 1)));
        }
        return maps;
      });
      assertEqual(ladder().climb(program, maps, options));
    } finally {
      maps.forEach(BpfMap::close);
    }
  }
}

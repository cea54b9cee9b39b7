package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.program.Helpers;
import dev.skep.program.MapType;
import dev.skep.program.ProgramType;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The probes on the running kernel. Answers are known for Linux 6.18, the others are skipped. */
class KernelFeaturesTest {
  private final KernelFeatures kernel = KernelFeatures.host();

  @BeforeEach
  void needsLinux618() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    String release = System.getProperty("os.version", "");
    Assumptions.assumeTrue(release.startsWith("6.18."), "needs Linux 6.18, not " + release);
  }

  @ParameterizedTest
  @EnumSource(Feature.class)
  void linux618HasAllButTheNewest(Feature feature) {
    boolean newer =
        switch (feature) {
          case BTF_LAYOUT, LDIMM64_FULL_RANGE_OFFSET, PERCPU_DATA -> true;
          default -> false;
        };
    assertThat(kernel.has(feature)).isEqualTo(!newer);
  }

  @ParameterizedTest
  @EnumSource(MapType.class)
  void everyMapType(MapType type) {
    assertThat(kernel.has(type)).isEqualTo(type != MapType.UNSPEC);
  }

  /** The others depend on how the kernel was built, or on what may be attached to. */
  @ParameterizedTest
  @EnumSource(
      value = ProgramType.class,
      names = {"UNSPEC", "LIRC_MODE2", "TRACING", "LSM", "EXT"},
      mode = EnumSource.Mode.EXCLUDE)
  void everyProgramType(ProgramType type) {
    assertThat(kernel.has(type)).isTrue();
  }

  @Test
  void helpersAreThoseOfTheTable() {
    for (ProgramType type : new ProgramType[] {ProgramType.XDP, ProgramType.SCHED_CLS}) {
      for (int helper = 1; helper < Helpers.COUNT; helper++) {
        assertThat(kernel.hasHelper(type, helper))
            .as("%s of %s", Helpers.name(helper), type)
            .isEqualTo(Helpers.isAllowed(helper, type));
      }
    }
  }

  @Test
  void instructionSets() {
    assertThat(kernel.hasInstructionSet(2)).isTrue();
    assertThat(kernel.hasInstructionSet(3)).isTrue();
    assertThat(kernel.hasInstructionSet(4)).isTrue();
    assertThat(kernel.hasLargePrograms()).isTrue();
    assertThat(kernel.hasBoundedLoops()).isTrue();
  }
}

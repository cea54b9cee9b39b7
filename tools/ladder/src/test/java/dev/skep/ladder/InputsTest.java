package dev.skep.ladder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.TestRun;
import dev.skep.program.ProgramType;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Inputs are the same for the same seed, and packets are what they say. */
class InputsTest {
  @Test
  void theSameSeedGivesTheSameInputs() {
    assertThat(hex(Inputs.generate(ProgramType.XDP, 5, 40)))
        .isEqualTo(hex(Inputs.generate(ProgramType.XDP, 5, 40)))
        .isNotEqualTo(hex(Inputs.generate(ProgramType.XDP, 6, 40)));
  }

  @Test
  void theHeaderChecksumOfIpv4IsRight() {
    byte[] packet =
        Objects.requireNonNull(Inputs.generate(ProgramType.XDP, 1, 1).getFirst().data());
    int sum = 0;
    for (int i = 14; i < 34; i += 2) {
      sum += (packet[i] & 0xff) << 8 | packet[i + 1] & 0xff;
    }
    assertThat((sum & 0xffff) + (sum >>> 16)).isEqualTo(0xffff);
  }

  @Test
  void twelveInputsHaveAllKinds() {
    List<Integer> etherTypes =
        Inputs.generate(ProgramType.SCHED_CLS, 1, 12).stream()
            .map(run -> Objects.requireNonNull(run.data()))
            .map(packet -> (packet[12] & 0xff) << 8 | packet[13] & 0xff)
            .toList();
    assertThat(etherTypes).contains(0x0800, 0x86dd, 0x0806, 0x8100);
  }

  @Test
  void programsWithoutPacketsGetAContext() {
    TestRun run = Inputs.generate(ProgramType.SYSCALL, 1, 1).getFirst();
    assertThat(run.data()).isNull();
    assertThat(run.context()).isNotNull();
  }

  private static List<String> hex(List<TestRun> runs) {
    return runs.stream()
        .map(run -> run.data() == null ? "" : HexFormat.of().formatHex(run.data()))
        .toList();
  }

  @Test
  void randomBytesDifferFromPacketToPacket() {
    List<TestRun> runs = Inputs.generate(ProgramType.XDP, 3, 24);
    assertThat(Arrays.equals(runs.get(0).data(), runs.get(12).data())).isFalse();
  }
}

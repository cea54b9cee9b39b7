package dev.skep.jit.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.jit.arm64.A64Layout.Dialect;
import dev.skep.jit.arm64.A64Layout.PerCpuBase;
import dev.skep.jit.arm64.A64Layout.SpeculationBarrier;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import dev.skep.testing.Check;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Words of mov64_percpu: check D126. */
final class A64PerCpuBytesChecksTest {
  @ParameterizedTest
  @Check(value = 126, engine = "arm64")
  @CsvSource({
    "TPIDR_EL1, 1, 1, d538d08a 8b0a0000",
    "TPIDR_EL1, 2, 2, d538d08a 8b0a0021",
    "TPIDR_EL1, 0, 0, d538d08a 8b0a00e7",
    "TPIDR_EL1, 9, 9, d538d08a 8b0a02d6",
    "TPIDR_EL1, 2, 1, aa0003e1 d538d08a 8b0a0021",
    "TPIDR_EL2, 1, 1, d53cd04a 8b0a0000"
  })
  void theBaseIsAdded(PerCpuBase base, int dst, int src, String words) {
    assertThat(movPerCpu(base, dst, src)).isEqualTo(words);
  }

  private static String movPerCpu(PerCpuBase base, int dst, int src) {
    A64Layout layout =
        new A64Layout(
            Dialect.LINUX_6_18,
            true,
            false,
            false,
            true,
            SpeculationBarrier.SB,
            base,
            true,
            false,
            false,
            0x18,
            0x24,
            0x100,
            0x30);
    long[] insns = {InsnWord.of(0xbf, dst, src, -1, 0), InsnWord.of(Opcodes.EXIT_CODE, 0, 0, 0, 0)};
    RunnableProgram.Function main =
        new RunnableProgram.Function(0, 2, 0, false, false, false, false);
    A64Input input =
        new A64Input(insns, List.of(main), List.of(), TailCallDialect.SEED, false, 0, 0, 0);
    A64Function f = new A64Function(input, 0, layout, new Nowhere());
    new InsnLowering(f).lower(insns[0]);
    List<String> words = new ArrayList<>();
    for (int word : f.asm.copy()) {
      words.add(HexFormat.of().toHexDigits(word));
    }
    return String.join(" ", words);
  }
}

package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.InsnWord;
import dev.skep.jit.MachineCode;
import dev.skep.jit.OfflineLinkage;
import dev.skep.jit.x64.KernelLayout.Indirect;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import dev.skep.testing.Check;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bytes of mov64_percpu in the kernel layout: checks D124 and D125. */
class PerCpuBytesChecksTest {
  private static final int THIS_CPU_OFF = 0x12345678;

  private static final KernelLayout LAYOUT =
      new KernelLayout(
          true,
          false,
          false,
          false,
          Indirect.PLAIN,
          true,
          false,
          THIS_CPU_OFF,
          0,
          true,
          false,
          0x24,
          0x100,
          0x30);

  private static String movPerCpu(int dst, int src) {
    // The prologue counts as a part of the first instruction.
    long[] insns = {
      InsnWord.of(0xbc, 1, 1, 0, 0),
      InsnWord.of(0xbf, dst, src, -1, 0),
      InsnWord.of(0x95, 0, 0, 0, 0)
    };
    RunnableProgram.Function main =
        new RunnableProgram.Function(0, insns.length, 0, false, false, false, false);
    JitInput input =
        new JitInput(insns, List.of(main), List.of(), TailCallDialect.SEED, false, 0, 0);
    MachineCode code = new KernelEmitter(input, LAYOUT, OfflineLinkage.X86_64).emit();
    return HexFormat.ofDelimiter(" ")
        .withUpperCase()
        .formatHex(code.bytes(), code.insnOffset(1), code.insnOffset(2));
  }

  /** REX.R extends the register that is added to; REX.B would add to another one. */
  @ParameterizedTest
  @Check(value = 124, engine = "jit-kernel")
  @CsvSource({
    "0, 65 48 03 04 25",
    "1, 65 48 03 3C 25",
    "2, 65 48 03 34 25",
    "3, 65 48 03 14 25",
    "4, 65 48 03 0C 25",
    "5, 65 4C 03 04 25",
    "6, 65 48 03 1C 25",
    "7, 65 4C 03 2C 25",
    "8, 65 4C 03 34 25",
    "9, 65 4C 03 3C 25"
  })
  void theBaseIsAddedToEachRegister(int register, String bytes) {
    assertThat(movPerCpu(register, register))
        .isEqualTo(bytes + " 78 56 34 12")
        .doesNotContain("65 49");
  }

  @ParameterizedTest
  @Check(value = 125, engine = "jit-kernel")
  @CsvSource({
    "2, 1, 48 89 FE 65 48 03 34 25",
    "5, 1, 49 89 F8 65 4C 03 04 25",
    "1, 5, 4C 89 C7 65 48 03 3C 25",
    "9, 7, 4D 89 EF 65 4C 03 3C 25"
  })
  void anotherRegisterIsMovedFirst(int dst, int src, String bytes) {
    assertThat(movPerCpu(dst, src)).isEqualTo(bytes + " 78 56 34 12");
  }
}

package dev.skep.jit.arm64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.jit.arm64.A64Layout.Dialect;
import dev.skep.jit.arm64.A64Layout.PerCpuBase;
import dev.skep.jit.arm64.A64Layout.SpeculationBarrier;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import dev.skep.testing.Check;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Words of tail calls in the forms of both dialects, and where they enter a program. */
final class A64TailCallBytesTest {
  private static final int MAX_ENTRIES = 0x24;
  private static final int SLOTS = 0x100;
  private static final int ENTRY = 0x30;
  private static final long EXIT = InsnWord.of(Opcodes.EXIT_CODE, 0, 0, 0, 0);

  @Check(value = 95, engine = "arm64")
  @Test
  void staticFormEmbedsTheArraysSize() {
    assertThat(tailCall(layout(false, false, true), TailCallDialect.SEED, 0))
        .isEqualTo(
            "d280006a 2a0203e2 6b0a005f 54000182 d280042a f940034c eb0a019f 54000102"
                + " 9100058c d37df04b 9104616b f86b682b b400006b f900034c d61f0160");
  }

  /** Linux makes such constants in 32-bit registers, with the same effect. */
  @Check(value = 95, engine = "arm64")
  @Test
  void staticFormWithTheConstantsOfLinux() {
    assertThat(tailCall(layout(false, false, false), TailCallDialect.SEED, 0))
        .isEqualTo(
            "5280006a 2a0203e2 6b0a005f 54000182 5280042a f940034c eb0a019f 54000102"
                + " 9100058c d37df04b 9104616b f86b682b b400006b f900034c d61f0160");
  }

  @Check(value = 96, engine = "arm64")
  @Test
  void dynamicFormReadsTheArrayAndTheProgram() {
    String words =
        "d280048a b86a682a 2a0203e2 6b0a005f 54000202 d280042a f940034c eb0a019f 54000182"
            + " 9100058c d280200a 8b0a002a d37df04b f86b694b b40000cb f900034c d280060a"
            + " f86a696a 9100614a d61f0140";
    assertThat(tailCall(layout(false, false, true), TailCallDialect.SEED, 1 << 8)).isEqualTo(words);
    assertThat(tailCall(layout(false, false, true), TailCallDialect.LINUX_6_18, 0))
        .isEqualTo(words);
  }

  /** Nothing is patched on arm64. */
  @Check(
      value = {95, 96},
      engine = "arm64")
  @Test
  void pokeDescriptorsAreIgnored() {
    A64Layout layout = layout(false, false, true);
    assertThat(tailCall(layout, TailCallDialect.SEED, 7 << 16))
        .isEqualTo(tailCall(layout, TailCallDialect.SEED, 0));
    assertThat(tailCall(layout, TailCallDialect.LINUX_6_18, 7))
        .isEqualTo(tailCall(layout, TailCallDialect.LINUX_6_18, 0));
  }

  /** Their targets are farther than an addition's constant reaches. */
  @Check(value = 95, engine = "arm64")
  @Test
  void staticFormOfLargeArrays() {
    assertThat(tailCall(layout(false, false, true), TailCallDialect.SEED, 1))
        .isEqualTo(
            "d282000a 2a0203e2 6b0a005f 540001a2 d280042a f940034c eb0a019f 54000122"
                + " 9100058c d37df04b d290200a 8b0a016b f86b682b b400006b f900034c d61f0160");
    assertThat(tailCall(layout(false, false, true), TailCallDialect.SEED, 2))
        .isEqualTo(
            "d280000a f2b0000a 2a0203e2 6b0a005f 540001c2 d280042a f940034c eb0a019f 54000142"
                + " 9100058c d37df04b d2c0008a f280200a 8b0a016b f86b682b b400006b f900034c"
                + " d61f0160");
  }

  @Check(value = 95, engine = "arm64")
  @Test
  void staticFormNeedsItsMap() {
    assertThatThrownBy(() -> tailCall(layout(false, false, true), TailCallDialect.SEED, 9))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("map 9");
  }

  @Check(value = 97, engine = "arm64")
  @ParameterizedTest
  @CsvSource({"false, false, 24", "true, false, 28", "false, true, 28", "true, true, 32"})
  void entryLiesBehindTheCounter(boolean bti, boolean pac, int offset) {
    A64Layout layout = layout(bti, pac, false);
    A64Function f = function(layout, TailCallDialect.SEED, EXIT);
    FrameLowering frame = new FrameLowering(f, new Constants(f.asm, layout));
    frame.prologue();
    int[] words = f.asm.copy();
    assertThat(4 * layout.tailCallEntry()).isEqualTo(offset);
    // mov x26, sp ends what a tail call leaves out; its jump may land there only on a bti j.
    assertThat(words[offset / 4 - 1]).isEqualTo(0x910003fa);
    assertThat(words.length).isEqualTo(offset / 4 + (bti ? 1 : 0));
    if (bti) {
      assertThat(words[offset / 4]).isEqualTo(A64Assembler.BTI_J);
    }
    String jump = tailCall(layout, TailCallDialect.LINUX_6_18, 0);
    assertThat(jump).contains(HexFormat.of().toHexDigits(0x9100014a | offset << 10));
  }

  private static String tailCall(A64Layout layout, TailCallDialect dialect, int imm) {
    A64Function f =
        function(layout, dialect, InsnWord.of(RunnableProgram.TAIL_CALL_CODE, 0, 0, 0, imm));
    new InsnLowering(f).lower(f.input.insns()[0]);
    List<String> words = new ArrayList<>();
    for (int word : f.asm.copy()) {
      words.add(HexFormat.of().toHexDigits(word));
    }
    return String.join(" ", words);
  }

  private static A64Function function(A64Layout layout, TailCallDialect dialect, long insn) {
    RunnableProgram.Function main =
        new RunnableProgram.Function(0, 2, 0, true, false, false, false);
    List<MapSpec> maps = List.of(array(3), array(4096), array(0x8000_0000));
    A64Input input =
        new A64Input(new long[] {insn, EXIT}, List.of(main), maps, dialect, false, 0, 0, 0);
    return new A64Function(input, 0, layout, new Nowhere());
  }

  private static MapSpec array(int slots) {
    return MapSpec.of("slots", MapType.PROG_ARRAY, 4, 4, slots, 0);
  }

  private static A64Layout layout(boolean bti, boolean pac, boolean wideConstants) {
    return new A64Layout(
        Dialect.LINUX_6_18,
        true,
        bti,
        pac,
        wideConstants,
        SpeculationBarrier.SB,
        PerCpuBase.TPIDR_EL1,
        true,
        false,
        false,
        0x18,
        MAX_ENTRIES,
        SLOTS,
        ENTRY);
  }
}

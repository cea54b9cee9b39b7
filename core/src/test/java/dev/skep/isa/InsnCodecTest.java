package dev.skep.isa;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.Insn.AluOp;
import dev.skep.isa.Insn.Width;
import dev.skep.isa.InsnCodec.Decoded;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class InsnCodecTest {
  private static final int[] REGISTERS = {0, 1, 10, 11, 12, 15};
  private static final int[] SOURCES = {0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 15};
  private static final int[] OFFSETS = {0, 1, 2, -1, 7, 8, 16, 32, 33, 64, 32767, -32768};
  private static final int[] IMMEDIATES = {
    0,
    1,
    -1,
    2,
    16,
    32,
    64,
    0x40,
    0x41,
    0x50,
    0x51,
    0xa0,
    0xa1,
    0xe0,
    0xe1,
    0xf0,
    0xf1,
    0x100,
    0x110,
    0x10002,
    0x7fffffff,
    0x80000000
  };

  private interface Check {
    void word(long word);
  }

  /** Every code with every combination of boundary fields. */
  private static void everyWord(Check check) {
    for (int code = 0; code < 256; code++) {
      for (int dst : REGISTERS) {
        for (int src : SOURCES) {
          for (int off : OFFSETS) {
            for (int imm : IMMEDIATES) {
              check.word(InsnWord.of(code, dst, src, off, imm));
            }
          }
        }
      }
    }
  }

  private static void roundTrip(long[] slots) {
    Decoded decoded = InsnCodec.decode(slots, 0);
    if (decoded.first() != slots[0]
        || decoded.insn().slots() == 2 && decoded.second() != slots[1]
        || (decoded.reserved() & InsnCodec.encode(decoded.insn())) != 0) {
      throw new AssertionError(Long.toHexString(slots[0]) + " decodes to " + decoded);
    }
  }

  @Test
  void everyWordDecodesAndEncodesToItself() {
    everyWord(word -> roundTrip(new long[] {word}));
    everyWord(word -> roundTrip(new long[] {word, ~word}));
  }

  @Test
  void randomWordsDecodeAndEncodeToThemselves() {
    Random random = new Random(9669);
    for (int i = 0; i < 1_000_000; i++) {
      roundTrip(new long[] {random.nextLong(), random.nextLong()});
    }
  }

  @Test
  void everyInstructionEncodesAndDecodesToItself() {
    everyWord(word -> {
      Insn insn = InsnCodec.decode(new long[] {word, word >> 32}, 0).insn();
      long[] again = {InsnCodec.encode(insn), InsnCodec.encodeNext(insn)};
      Decoded decoded = InsnCodec.decode(again, 0);
      if (!decoded.insn().equals(insn) || decoded.reserved() != 0 || decoded.reservedNext() != 0) {
        throw new AssertionError(insn + " decodes to " + decoded);
      }
    });
  }

  @Test
  void everyCaseAndEveryRowOfTheTableIsReached() {
    Set<Class<?>> cases = new HashSet<>();
    Set<Opcode> rows = EnumSet.noneOf(Opcode.class);
    everyWord(word -> {
      cases.add(InsnCodec.decode(new long[] {word, 0}, 0).insn().getClass());
      Opcode row = Opcode.of(word);
      if (row != null) {
        rows.add(row);
      }
    });
    assertThat(cases).containsExactlyInAnyOrder(Insn.class.getPermittedSubclasses());
    assertThat(rows).isEqualTo(EnumSet.allOf(Opcode.class));
  }

  @Test
  void rowsOfOneCodeExcludeEachOther() {
    for (Opcode row : Opcode.values()) {
      assertThat(Opcode.of(row.selector())).isEqualTo(row);
      assertThat(row.selector() & row.operandMask()).isZero();
    }
  }

  /** The golden table holds a word of each code that the running kernel lets pass. */
  @Test
  void loadableCodesAreTheKernels() {
    Set<Integer> loadable = new HashSet<>();
    for (int code = 0; code < 256; code++) {
      if (Opcode.isLoadableCode(code)) {
        loadable.add(code);
      }
    }
    Set<Integer> logged = new HashSet<>();
    KernelText.all().forEach(g -> logged.add(InsnWord.code(g.first())));
    assertThat(loadable).isEqualTo(logged);
  }

  @Test
  void whatTheEncodingHidesIsFolded() {
    assertThat(decode(InsnWord.of(0x3f, 1, 2, 1, 0)))
        .isEqualTo(new Insn.Alu(AluOp.SDIV, Width.W64, Register.R1, Register.R2));
    assertThat(decode(InsnWord.of(0xbc, 1, 2, 16, 0)))
        .isEqualTo(new Insn.MoveSignExtended(Width.W32, 16, Register.R1, Register.R2));
    assertThat(decode(InsnWord.of(0xe5, 0, 0, -3, 0))).isEqualTo(new Insn.MayGoto(-3));
    assertThat(decode(InsnWord.of(0xbf, 3, 3, -1, 0)))
        .isEqualTo(new Insn.PerCpuAddress(Register.R3, Register.R3));
    assertThat(decode(InsnWord.of(0x3f, 1, 2, 2, 0))).isInstanceOf(Insn.Invalid.class);
    assertThat(decode(InsnWord.of(0x0f, 1, 12, 0, 0))).isInstanceOf(Insn.Invalid.class);
  }

  @Test
  void reservedBitsStandApart() {
    Decoded decoded = InsnCodec.decode(new long[] {InsnWord.of(0x07, 1, 3, 5, 7)}, 0);
    assertThat(decoded.insn())
        .isEqualTo(new Insn.Alu(AluOp.ADD, Width.W64, Register.R1, new Operand.Immediate(7)));
    assertThat(decoded.reserved()).isEqualTo(InsnWord.of(0, 0, 3, 5, 0));
  }

  private static Insn decode(long word) {
    return InsnCodec.decode(new long[] {word}, 0).insn();
  }
}

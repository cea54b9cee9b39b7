package dev.skep.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.isa.Assembler;
import dev.skep.isa.CallNames;
import dev.skep.isa.Disassembler;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.verify.SketchedFacts;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BlindingTest {
  private static final RewriteOptions BLINDED = RewriteOptions.LINUX.blinded();

  /** AX holds one half of a constant, and the other is next. */
  private static final int FIRST_HALF = Opcodes.MOV64_K;

  record Golden(String name, long[] loaded, long[] xlated) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Golden> goldens() throws IOException {
    try (var stream =
            Objects.requireNonNull(
                BlindingTest.class.getResourceAsStream("/rewrite/blinding-6.18.txt"));
        var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      return reader.lines().filter(line -> !line.startsWith("#")).toList().stream()
          .map(line -> line.split("\\|", -1))
          .map(fields -> new Golden(fields[0], words(fields[1]), words(fields[2])));
    }
  }

  private static long[] words(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    long[] words = new long[bytes.length / 8];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
    return words;
  }

  private static VerifiedProgram verify(List<MapSpec> maps, long... insns) {
    Program program = Program.of("p", ProgramType.SOCKET_FILTER, "GPL", insns, maps);
    Verdict verdict = Verifier.verify(program, VerifierOptions.standard());
    assertThat(verdict).isInstanceOf(Verdict.Accepted.class);
    return ((Verdict.Accepted) verdict).program();
  }

  /** Both halves of each constant as one, and calls without addresses. */
  private static List<String> revealed(long[] insns) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < insns.length; i++) {
      long word = insns[i];
      int code = InsnWord.code(word);
      boolean half = code == FIRST_HALF || code == Opcodes.MOV32_K;
      if (half && InsnWord.dst(word) == Opcodes.AX && i + 1 < insns.length) {
        int xor = Opcodes.classOf(code) | Opcodes.XOR;
        if (InsnWord.code(insns[i + 1]) == xor && InsnWord.dst(insns[i + 1]) == Opcodes.AX) {
          int constant = InsnWord.imm(word) ^ InsnWord.imm(insns[i + 1]);
          lines.add((code == FIRST_HALF ? "rax = " : "wax = ") + constant);
          i++;
          continue;
        }
      }
      word = Words.isHelperCall(word) ? InsnWord.withImm(word, 0) : word;
      lines.add(Disassembler.text(word, 0, CallNames.NONE) + " off " + InsnWord.off(word));
    }
    return lines;
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void asLinuxDoes(Golden golden) {
    RunnableProgram runnable = Rewriter.rewrite(verify(List.of(), golden.loaded), BLINDED);
    long[] skep = Xlated.insns(runnable, DumpNumbers.PLAIN);
    assertThat(revealed(skep)).isEqualTo(revealed(golden.xlated));
  }

  @Test
  void goldensCoverTheForms() throws IOException {
    assertThat(goldens().count()).isGreaterThanOrEqualTo(9);
  }

  @Test
  void keysDecideTheHalves() {
    VerifiedProgram verified =
        verify(List.of(), Assembler.assemble("r0 = 1\n r0 += 0x1234\n r0 &= 1\n exit"));
    int key = new Random(7).nextInt();
    RunnableProgram runnable = Rewriter.rewrite(verified, BLINDED, new Random(7));
    assertThat(InsnWord.imm(runnable.insns()[0])).isEqualTo(key ^ 1);
    assertThat(InsnWord.imm(runnable.insns()[1])).isEqualTo(key);
    assertThat(Rewriter.rewrite(verified, BLINDED).insns())
        .isNotEqualTo(Rewriter.rewrite(verified, BLINDED).insns());
  }

  @Test
  void tailCallsAreNeverDirectAndKeepTheirImm() {
    List<MapSpec> maps =
        List.of(
            MapSpec.of("other", MapType.PROG_ARRAY, 4, 4, 2, 0),
            MapSpec.of("slots", MapType.PROG_ARRAY, 4, 4, 4, 0));
    VerifiedProgram verified =
        verify(maps, Assembler.assemble("r2 = map[1]\n r3 = 1\n call #12\n r0 = 0\n exit"));
    assertThat(Rewriter.rewrite(verified, RewriteOptions.SEED).pokes()).hasSize(1);
    RunnableProgram blinded = Rewriter.rewrite(verified, RewriteOptions.SEED.blinded());
    assertThat(blinded.pokes()).isEmpty();
    long[] insns = blinded.insns();
    assertThat(insns[0])
        .as("a map is not the author's choice")
        .isEqualTo(verified.program().insns()[0]);
    int call = tailCall(insns);
    assertThat(InsnWord.imm(insns[call])).isEqualTo(1);
    assertThat(blinded.tailCallIndexFits(call)).isTrue();
  }

  private static int tailCall(long[] insns) {
    for (int i = 0; i < insns.length; i++) {
      if (InsnWord.code(insns[i]) == RunnableProgram.TAIL_CALL_CODE) {
        return i;
      }
    }
    return -1;
  }

  /** Subprograms are blinded one by one; what is dumped are the instructions before that. */
  @Test
  void dumpOfSubprogramsIsPlain() {
    VerifiedProgram verified =
        verify(List.of(), Assembler.assemble("call f\n exit\n f: r0 = 7\n exit"));
    RunnableProgram blinded = Rewriter.rewrite(verified, BLINDED);
    RunnableProgram plain = Rewriter.rewrite(verified, RewriteOptions.LINUX);
    assertThat(blinded.insns()).hasSize(6);
    assertThat(blinded.functions().get(1).start()).isEqualTo(2);
    assertThat(Xlated.insns(blinded, DumpNumbers.PLAIN))
        .isEqualTo(Xlated.insns(plain, DumpNumbers.PLAIN));
  }

  @Test
  void jumpThatGetsTooLong() {
    long[] insns = new long[20_000];
    Arrays.fill(insns, InsnWord.of(0x07, 6, 0, 0, 1));
    insns[0] = InsnWord.of(0x61, 6, 1, 0, 0);
    insns[1] = InsnWord.of(0x15, 6, 0, insns.length - 4, 7);
    insns[insns.length - 2] = InsnWord.of(0xb7, 0, 0, 0, 0);
    insns[insns.length - 1] = InsnWord.of(0x95, 0, 0, 0, 0);
    Program program = Program.of("p", ProgramType.SOCKET_FILTER, "GPL", insns, List.of());
    VerifiedProgram verified = SketchedFacts.of(program, VerifierOptions.standard());
    assertThatThrownBy(() -> Rewriter.rewrite(verified, BLINDED))
        .isInstanceOf(RejectedException.class)
        .extracting(e -> ((RejectedException) e).errno())
        .isEqualTo(Errno.ENOTSUPP);
  }
}

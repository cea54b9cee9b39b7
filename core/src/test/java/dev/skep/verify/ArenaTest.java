package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.Assembler;
import dev.skep.isa.InsnWord;
import dev.skep.program.HostFacts;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.rewrite.RunnableProgram;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs with an arena: verdicts and words as Linux 6.18.44 has them. */
class ArenaTest {
  private static final int MMAPABLE = 1 << 10;
  private static final MapSpec ARENA = MapSpec.of("arena", MapType.ARENA, 0, 0, 100, MMAPABLE);
  private static final MapSpec PLACED = ARENA.withExtra(1L << 44);

  private static Program program(String code, MapSpec... maps) {
    long[] insns = Assembler.assemble(code.replace("; ", "\n") + "\n");
    return Program.of("p", ProgramType.SCHED_CLS, "GPL", insns, List.of(maps));
  }

  private static Verdict judge(String code, MapSpec... maps) {
    return Verifier.verify(program(code, maps), VerifierOptions.standard().withLogLevel(2));
  }

  private static String said(Verdict verdict) {
    return verdict instanceof Verdict.Rejected no ? no.message() : verdict.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "r2 = *(u64 *)(r1 +0)                  | R2=scalar()",
        "*(u64 *)(r1 +0) = 1                   | R1=arena",
        "r1 *= 12345                           | R1=arena",
        "r1 <<= 3                              | R1=arena",
        "r1 = -r1                              | R1=scalar()",
        "r2 = r1                               | R1=arena R2=arena",
        "r0 += r1                              | R0=arena R1=arena",
        "r0 -= r1                              | R0=arena R1=arena",
        "w0 &= w1                              | R0=arena R1=arena",
        "lock *(u64 *)(r1 +0) += r0            | R0=0 R1=arena",
        "*(u64 *)(r10 -8) = r1                 | R1=arena R10=fp0 fp-8=arena",
      })
  void whatAnArenaPointerMay(String insn, String state) {
    Verdict verdict =
        judge(
            "r9 = map[0]; r1 = 4096; r0 = 0; r1 = addr_space_cast(r1, 0, 1); "
                + insn
                + "; r0 = 0; exit",
            PLACED);
    assertThat(verdict).isInstanceOf(Verdict.Accepted.class);
    assertThat(verdict.log().lines().filter(line -> line.startsWith("5: ")).findFirst())
        .get()
        .asString()
        .contains(state);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "r1 = addr_space_cast(r1, 2, 1) | addr_space_cast insn can only convert between address"
            + " space 1 and 0",
        "r3 = 0; r2 = *(u64 *)(r3 +0) | R3 invalid mem access 'scalar'",
      })
  void whatItMayNot(String insns, String message) {
    Verdict verdict =
        judge(
            "r9 = map[0]; r1 = 4096; r1 = addr_space_cast(r1, 0, 1); " + insns + "; exit", PLACED);
    assertThat(said(verdict)).isEqualTo(message);
  }

  @Test
  void castsNeedAnArena() {
    assertThat(said(judge("r1 = 0; r1 = addr_space_cast(r1, 0, 1); r0 = 0; exit")))
        .isEqualTo(
            "addr_space_cast insn can only be used in a program that has an associated arena");
  }

  @Test
  void onePerProgram() {
    MapSpec other = MapSpec.of("other", MapType.ARENA, 0, 0, 1, MMAPABLE).withExtra(1L << 45);
    assertThat(said(judge("r1 = map[0]; r2 = map[1]; r0 = 0; exit", PLACED, other)))
        .isEqualTo("Only one arena per program");
  }

  @Test
  void needsNoAddressOfItsOwn() {
    assertThat(judge("r1 = map[0]; r0 = 0; exit", ARENA)).isInstanceOf(Verdict.Accepted.class);
  }

  @Test
  void needsTheJit() {
    VerifierOptions interpreted =
        VerifierOptions.standard().withHost(HostFacts.root(2).withoutJit());
    Verdict verdict = Verifier.verify(program("r1 = map[0]; r0 = 0; exit", PLACED), interpreted);
    assertThat(said(verdict)).isEqualTo("JIT is required to use arena");
  }

  @Test
  void addressesAreNumbersWithinTheArena() {
    Verdict inside = judge("r1 = map[0][0]+409600; r0 = 0; exit", PLACED);
    assertThat(inside).isInstanceOf(Verdict.Accepted.class);
    assertThat(inside.log()).contains("R1=scalar()");
    assertThat(said(judge("r1 = map[0][0]+409601; r0 = 0; exit", PLACED)))
        .isEqualTo("invalid access to map value pointer, value_size=0 off=409601");
  }

  @Test
  void accessesTakeTheLowerHalf() {
    Verdict verdict =
        judge(
            "r9 = map[0]; r1 = 4096; r1 = addr_space_cast(r1, 0, 1); r1 += 8;"
                + " r2 = *(u32 *)(r1 +0); *(u8 *)(r1 +0) = r2; r0 = 0; exit",
            PLACED);
    RunnableProgram runnable =
        Rewriter.rewrite(((Verdict.Accepted) verdict).program(), RewriteOptions.SEED);
    assertThat(codes(runnable)).containsExactly(0x18, 0, 0xb7, 0xbc, 0x04, 0xa1, 0xb3, 0xb7, 0x95);
  }

  private static List<Integer> codes(RunnableProgram program) {
    return Arrays.stream(program.insns()).mapToObj(InsnWord::code).toList();
  }
}

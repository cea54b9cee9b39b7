package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.Assembler;
import dev.skep.program.HostFacts;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Programs of loaders that have CAP_BPF but not CAP_PERFMON: what Linux 6.18.44 says to them, and
 * what it notes against speculation.
 */
class GuardedLoadersTest {
  private static final HostFacts CAP_BPF = new HostFacts(2, 256, 250, false, true);
  private static final List<MapSpec> MAPS =
      List.of(MapSpec.of("values", MapType.ARRAY, 4, 64, 1, 0));
  private static final String LOOKUP =
      "r2 = r10; r2 += -4; *(u32 *)(r2 +0) = 0; r1 = map[0]; call #1; if r0 == 0 goto +";

  private static Verdict judge(ProgramType type, String code, HostFacts host) {
    long[] insns = Assembler.assemble(code.replace("; ", "\n") + "\n");
    Program program = Program.of("p", type, "GPL", insns, MAPS);
    return Verifier.verify(
        program, VerifierOptions.standard().withHost(host).withLogLevel(VerifierLog.LEVEL2));
  }

  private static Verdict judge(String code) {
    return judge(ProgramType.SOCKET_FILTER, code, CAP_BPF);
  }

  private static InsnFacts facts(String code) {
    Verdict verdict = judge(code);
    assertThat(verdict).as(verdict.log()).isInstanceOf(Verdict.Accepted.class);
    return ((Verdict.Accepted) verdict).program().facts();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          r0 = r1; exit                                       | R0 leaks addr as return value
          *(u64 *)(r10 -8) = r1; *(u32 *)(r10 -8) = 1; r0 = 0; exit \
          | attempt to corrupt spilled pointer on stack
          r0 = *(u64 *)(r10 -8); exit                         | invalid read from stack R10 off=-8 size=8
          r1 = -r1; r0 = 0; exit                              | R1 pointer arithmetic prohibited
          w2 = w1; r0 = 0; exit                               | R1 partial copy of pointer
          if r1 == r10 goto +0; r0 = 0; exit                  | R10 pointer comparison prohibited
          r2 = r10; r2 -= r1; r0 = 0; exit                    | R2 pointer -= pointer prohibited
          *(u32 *)(r1 +48) = r1; r0 = 0; exit                 | R1 leaks addr into ctx
          r2 = 0; *(u64 *)(r10 -8) = r2; lock *(u64 *)(r10 -8) += r1; r0 = 0; exit \
          | R1 leaks addr into mem
          call #35; r0 = 0; exit \
          | program of this type cannot use helper bpf_get_current_task#35
          """)
  void addressesStayInside(String code, String message) {
    Verdict verdict = judge(code);
    assertThat(verdict).isInstanceOf(Verdict.Rejected.class);
    assertThat(((Verdict.Rejected) verdict).message()).isEqualTo(message);
    // Who may look at the kernel may see its addresses.
    assertThat(judge(ProgramType.SOCKET_FILTER, code, HostFacts.root(2)).log())
        .doesNotContain(message);
  }

  @Test
  void branchesNotTakenAreFollowed() {
    InsnFacts facts = facts("r2 = 3; if r2 == 3 goto +1; r2 = *(u64 *)(r2 +0); r0 = 0; exit");
    assertThat(facts.nospec).containsExactly(false, false, true, false, false);
    assertThat(facts.seen).containsExactly(true, true, false, true, true);
    assertThat(judge("r2 = 3; if r2 == 3 goto +1; r2 = *(u64 *)(r2 +0); r0 = 0; exit").log())
        .contains("from 1 to 2 (speculative execution):");
  }

  @Test
  void sumsOfPointersAreMasked() {
    InsnFacts facts =
        facts(
            LOOKUP
                + "4; r1 = *(u32 *)(r0 +0); r1 &= 31; r0 += r1; r1 = *(u8 *)(r0 +0);"
                + " r0 = 0; exit");
    assertThat(facts.aluState[9]).isNotZero();
    assertThat(facts.aluLimit[9]).isEqualTo(31);
    assertThat(facts.nospecResult[2]).isTrue();
  }

  @Test
  void spillsGetBarriers() {
    assertThat(facts("*(u64 *)(r10 -8) = r1; r0 = 0; exit").nospecResult)
        .containsExactly(true, false, false);
  }

  @Test
  void sumsBeyondTheValue() {
    Verdict verdict = judge(LOOKUP + "1; r0 += 64; r0 = 0; exit");
    assertThat(((Verdict.Rejected) verdict).message())
        .isEqualTo("R0 pointer arithmetic of map value goes out of range, prohibited for !root");
  }

  @Test
  void nobodyElse() {
    HostFacts user = new HostFacts(2, 256, 250, false, false);
    Verdict verdict = judge(ProgramType.SOCKET_FILTER, "r0 = 0; exit", user);
    assertThat(((Verdict.Rejected) verdict).errno()).isEqualTo(1);
    assertThat(verdict.log()).isEmpty();
  }

  @Test
  void typesThatObserveTheKernel() {
    Verdict verdict = judge(ProgramType.KPROBE, "r0 = 0; exit", CAP_BPF);
    assertThat(((Verdict.Rejected) verdict).errno()).isEqualTo(1);
    assertThat(verdict.log()).isEmpty();
  }
}

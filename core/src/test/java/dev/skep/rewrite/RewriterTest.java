package dev.skep.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rewrites that no dump of Linux 6.18 shows: per-CPU values, descriptors, limits. */
class RewriterTest {
  private static final MapSpec PERCPU = MapSpec.of(".percpu", MapType.PERCPU_ARRAY, 4, 64, 1, 0);
  private static final MapSpec SLOTS = MapSpec.of("slots", MapType.PROG_ARRAY, 4, 4, 8, 0);

  private static long insn(int code, int dst, int src, int off, int imm) {
    return InsnWord.of(code, dst, src, off, imm);
  }

  private static RunnableProgram rewrite(
      RewriteOptions options, ProgramType type, List<MapSpec> maps, long... insns) {
    Program program = Program.of("p", type, "GPL", insns, maps);
    return Rewriter.rewrite(SketchedFacts.of(program, VerifierOptions.standard()), options);
  }

  private static List<String> text(RunnableProgram program) {
    List<String> lines = new ArrayList<>();
    long[] insns = program.insns();
    for (int i = 0; i < insns.length; i++) {
      long next = i + 1 < insns.length ? insns[i + 1] : 0;
      lines.add(Disassembler.text(insns[i], next, CallNames.NONE));
      i += InsnWord.code(insns[i]) == Opcodes.LD_IMM64 ? 1 : 0;
    }
    return lines;
  }

  /** The JIT of arm64 puts its own instructions in the place of the call. */
  @Test
  void numberOfTheCpuIsLeftToTheJitOfArm64() {
    long[] insns = {insn(0x85, 0, 0, 0, 8), insn(0x95, 0, 0, 0, 0)};
    Program program = Program.of("p", ProgramType.SOCKET_FILTER, "GPL", insns, List.of());
    var accepted = (Verdict.Accepted) Verifier.verify(program, VerifierOptions.standard());
    RewriteOptions arm64 = RewriteOptions.LINUX.withTarget(JitTarget.ARM64);
    assertThat(Rewriter.rewrite(accepted.program(), arm64).insns()).isEqualTo(insns);
    assertThat(Rewriter.rewrite(accepted.program(), RewriteOptions.LINUX).insns()).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource({"2", "6"})
  void perCpuValueAddsTheBaseOfTheCpu(int src) {
    RunnableProgram runnable =
        rewrite(
            RewriteOptions.LINUX,
            ProgramType.SOCKET_FILTER,
            List.of(SLOTS, PERCPU),
            insn(0x61, 3, 1, 0, 0),
            insn(0x15, 3, 0, 2, 0), // over the load: one further away
            insn(0x18, 1, src, 0, 1), // target of the last jump
            insn(0, 0, 0, 0, 16),
            insn(0xbf, 2, 10, 0, 0), // target of the first jump
            insn(0xb7, 0, 0, 0, 0),
            insn(0x15, 3, 0, 1, 7),
            insn(0x05, 0, 0, -6, 0),
            insn(0x95, 0, 0, 0, 0));
    assertThat(text(runnable))
        .containsExactly(
            "(61) r3 = *(u32 *)(r1 +112)",
            "(15) if r3 == 0x0 goto pc+3",
            "(18) r1 = 0x1000000001",
            "(bf) r1 = &(void __percpu *)(r1)",
            "(bf) r2 = r10",
            "(b7) r0 = 0",
            "(15) if r3 == 0x7 goto pc+1",
            "(05) goto pc-7",
            "(95) exit");
    assertThat(InsnWord.src(runnable.insns()[2])).isEqualTo(Opcodes.PSEUDO_MAP_VALUE);
    long[] dumped = Xlated.insns(runnable, DumpNumbers.PLAIN);
    assertThat(dumped[2]).isEqualTo(insn(0x18, 1, 2, 0, 2));
    assertThat(dumped[3]).isEqualTo(insn(0, 0, 0, 0, 16));
  }

  private static final long[] TWO_TAIL_CALLS = {
    insn(0xbf, 6, 1, 0, 0),
    insn(0x61, 7, 1, 0, 0), // grows by nothing
    insn(0x61, 8, 1, 20, 0), // grows by two
    insn(0x18, 2, 1, 0, 1),
    insn(0, 0, 0, 0, 0),
    insn(0xb7, 3, 0, 0, 5),
    insn(0x85, 0, 0, 0, 12),
    insn(0xbf, 1, 6, 0, 0),
    insn(0x18, 2, 1, 0, 1),
    insn(0, 0, 0, 0, 0),
    insn(0xbf, 3, 7, 0, 0),
    insn(0x85, 0, 0, 0, 12),
    insn(0xb7, 0, 0, 0, 0),
    insn(0x95, 0, 0, 0, 0)
  };

  @Test
  void tailCallWithOneMapAndKeyIsDirect() {
    RunnableProgram runnable =
        rewrite(RewriteOptions.LINUX, ProgramType.XDP, List.of(PERCPU, SLOTS), xdp(TWO_TAIL_CALLS));
    assertThat(runnable.pokes()).containsExactly(new PokeDescriptor(1, 5, 6));
    assertThat(runnable.insns()[6]).isEqualTo(insn(0xf5, 0, 0, 0, 1));
    assertThat(runnable.insns()[11]).isEqualTo(insn(0xf5, 0, 0, 0, 0));
    long[] dumped = Xlated.insns(runnable, DumpNumbers.PLAIN);
    assertThat(dumped[6]).isEqualTo(insn(0x85, 0, 0, 0, 12));
    assertThat(dumped[11]).isEqualTo(insn(0x85, 0, 0, 0, 12));
  }

  /** The same with fields of xdp_md, which are one load each. */
  private static long[] xdp(long[] insns) {
    long[] copy = insns.clone();
    copy[2] = insn(0x61, 8, 1, 4, 0);
    return copy;
  }

  @Test
  void descriptorNamesTheRewrittenInstruction() {
    RunnableProgram runnable =
        rewrite(
            RewriteOptions.LINUX,
            ProgramType.SOCKET_FILTER,
            List.of(PERCPU, SLOTS),
            TWO_TAIL_CALLS);
    assertThat(runnable.pokes()).containsExactly(new PokeDescriptor(1, 5, 8));
  }

  @Test
  void withoutPatchingAllTailCallsAreIndirect() {
    RunnableProgram runnable =
        rewrite(
            RewriteOptions.INDIRECT,
            ProgramType.SOCKET_FILTER,
            List.of(PERCPU, SLOTS),
            TWO_TAIL_CALLS);
    assertThat(runnable.pokes()).isEmpty();
    assertThat(Arrays.stream(runnable.insns()).filter(w -> w == insn(0xf5, 0, 0, 0, 1)).count())
        .isEqualTo(2);
  }

  /** Measured on Linux 6.18: each read of vlan_present becomes three instructions. */
  @ParameterizedTest
  @CsvSource({"10,32767,2", "10,32760,5", "3,32764,3", "4,32764,3", "10,32740,-1"})
  void jumpThatGetsTooLongRejects(int reads, int jump, int culprit) {
    long[] insns = new long[jump + 4];
    Arrays.fill(insns, insn(0xb7, 3, 0, 0, 1));
    insns[0] = insn(0x61, 2, 1, 0, 0);
    insns[1] = insn(0x15, 2, 0, jump, 0);
    Arrays.fill(insns, 2, 2 + reads, insn(0x61, 3, 1, 20, 0));
    insns[jump + 2] = insn(0xb7, 0, 0, 0, 0);
    insns[jump + 3] = insn(0x95, 0, 0, 0, 0);
    if (culprit < 0) {
      RunnableProgram runnable =
          rewrite(RewriteOptions.LINUX, ProgramType.SOCKET_FILTER, List.of(), insns);
      assertThat(runnable.insns()).hasSize(insns.length + 2 * reads);
      assertThat(InsnWord.off(runnable.insns()[1])).isEqualTo(jump + 2 * reads);
      return;
    }
    assertThatThrownBy(
            () -> rewrite(RewriteOptions.LINUX, ProgramType.SOCKET_FILTER, List.of(), insns))
        .isInstanceOf(RejectedException.class)
        .hasMessage("p: insn " + culprit + " cannot be patched due to 16-bit range");
  }

  @Test
  void millionInstructionsInLinearTime() {
    int reads = 200_000;
    long[] insns = new long[3 * reads + 2];
    for (int i = 0; i < reads; i++) {
      insns[3 * i] = insn(0x61, 3, 1, 20, 0);
      insns[3 * i + 1] = insn(0x9f, 3, 1, 0, 0);
      insns[3 * i + 2] = insn(0x05, 0, 0, 0, 0);
    }
    insns[3 * reads] = insn(0xb7, 0, 0, 0, 0);
    insns[3 * reads + 1] = insn(0x95, 0, 0, 0, 0);
    Program program = Program.of("p", ProgramType.SOCKET_FILTER, "GPL", insns, List.of());
    VerifiedProgram verified = SketchedFacts.of(program, VerifierOptions.standard());
    long start = System.nanoTime();
    RunnableProgram runnable = Rewriter.rewrite(verified, RewriteOptions.LINUX);
    long elapsed = System.nanoTime() - start;
    assertThat(runnable.insns()).hasSize(5 * reads + 2);
    // One insertion at a time would copy a million instructions 400,000 times.
    System.out.println("rewrite of " + insns.length + " insns: " + elapsed / 1_000_000 + " ms");
    assertThat(elapsed).isLessThan(5_000_000_000L);
  }

  /** The imm of the seed has room for the maps that one program can use. */
  @Test
  void tailCallThroughMapBehindTheFirst64() {
    List<MapSpec> maps = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      maps.add(MapSpec.of("m" + i, MapType.ARRAY, 4, 4, 1, 0));
    }
    maps.add(SLOTS);
    long[] insns = {
      insn(0x18, 2, 1, 0, 64),
      insn(0, 0, 0, 0, 0),
      insn(0xb7, 3, 0, 0, 5),
      insn(0x85, 0, 0, 0, 12),
      insn(0xb7, 0, 0, 0, 0),
      insn(0x95, 0, 0, 0, 0)
    };
    assertThatThrownBy(() -> rewrite(RewriteOptions.SEED, ProgramType.XDP, maps, insns))
        .isInstanceOf(UnsupportedException.class)
        .hasMessage("tail call with map 64, want one of the first 64");
    assertThat(rewrite(RewriteOptions.LINUX, ProgramType.XDP, maps, insns).pokes()).hasSize(1);
  }

  @Test
  void kfuncsNeedTheKernelsTypes() {
    assertThatThrownBy(() ->
            rewrite(
                RewriteOptions.LINUX,
                ProgramType.SOCKET_FILTER,
                List.of(),
                insn(0x85, 0, 2, 0, 77),
                insn(0x95, 0, 0, 0, 0)))
        .isInstanceOf(UnsupportedException.class)
        .hasMessage("kfunc calls without the kernel's BTF");
  }
}

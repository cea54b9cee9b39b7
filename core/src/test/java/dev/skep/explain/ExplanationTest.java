package dev.skep.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.skep.isa.Assembler;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.verify.VerifierOptions;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Explanations of programs in assembly: kind, slice and what was demanded. */
class ExplanationTest {
  private static final List<MapSpec> MAPS = List.of(MapSpec.of("m", MapType.HASH, 4, 8, 16, 0));

  private static final String LOOKUP =
      """
      *(u32 *)(r10 - 4) = 0
      r2 = r10
      r2 += -4
      r1 = map[0]
      call #1
      """;

  /**
   * One program.
   *
   * @param slice the instructions of the path, with their roles
   */
  private record Case(
      String name, ProgramType type, String code, Kind kind, String summary, String slice) {}

  private static final List<Case> CASES =
      List.of(
          new Case(
              "pointer that may be null",
              ProgramType.XDP,
              LOOKUP + "r0 = *(u8 *)(r0 + 0)\nexit",
              Kind.MAYBE_NULL,
              "r0 may be NULL where it is used",
              "5 writes"),
          new Case(
              "bound lost in a spill of half the register",
              ProgramType.SCHED_CLS,
              "r6 = *(u32 *)(r1 + 0)\n"
                  + LOOKUP
                  + """
                  if r0 == 0 goto +6
                  if r6 > 100 goto +5
                  *(u64 *)(r10 - 16) = r6
                  r7 = *(u64 *)(r10 - 16)
                  r0 += r7
                  r0 = *(u8 *)(r0 + 0)
                  exit
                  r0 = 0
                  exit
                  """,
              Kind.OUT_OF_BOUNDS,
              "the access may lie outside the map value of \"m\"",
              "0 writes, 6 writes, 7 compares, 8 compares, 9 writes, 10 writes, 11 writes"),
          new Case(
              "never written",
              ProgramType.SOCKET_FILTER,
              "r0 = r7\nexit",
              Kind.NOT_INITIALIZED,
              "r7 is read before it has a value",
              ""),
          new Case(
              "lost by a call",
              ProgramType.SOCKET_FILTER,
              "call #7\nr0 = *(u32 *)(r1 + 0)\nexit",
              Kind.NOT_INITIALIZED,
              "r1 is read before it has a value",
              "0 loses"),
          new Case(
              "through a function",
              ProgramType.SOCKET_FILTER,
              "r1 = 5\ncall f\nexit\nf: r0 = *(u8 *)(r1 + 0)\nexit",
              Kind.WRONG_TYPE,
              "r1 is a number, not a pointer that may be followed",
              "0 writes, 1 passes"),
          new Case(
              "result of a function",
              ProgramType.CGROUP_SKB,
              "call f\nexit\nf: r0 = 9\nexit",
              Kind.RETURN_VALUE,
              "the return value may lie outside what is allowed: 0 to 1",
              "2 writes, 3 passes"),
          new Case(
              "frame pointer",
              ProgramType.SOCKET_FILTER,
              "r10 = 1\nr0 = 0\nexit",
              Kind.READ_ONLY,
              "this memory can be read only",
              ""),
          new Case(
              "unreachable",
              ProgramType.SOCKET_FILTER,
              "r0 = 0\nexit\nr0 = 1\nexit",
              Kind.CONTROL_FLOW,
              "no path reaches instruction 2",
              ""),
          new Case(
              "endless",
              ProgramType.SOCKET_FILTER,
              "r0 = 0\nr6 = *(u32 *)(r1 + 0)\nif r6 > 3 goto -1\nexit",
              Kind.ENDLESS_LOOP,
              "the loop at instruction 2 may never end",
              ""));

  private static Program program(Case one) {
    return Program.of(one.name, one.type, "GPL", Assembler.assemble(one.code), MAPS);
  }

  private static Explanation explain(Program program) {
    return Objects.requireNonNull(Explanation.of(program, VerifierOptions.standard()));
  }

  @TestFactory
  Stream<DynamicTest> explanationsSayWhatHappened() {
    return CASES.stream()
        .map(one ->
            dynamicTest(
                one.name,
                () -> {
                  Explanation explanation = explain(program(one));
                  assertThat(explanation.kind()).isEqualTo(one.kind);
                  assertThat(explanation.summary()).isEqualTo(one.summary);
                  assertThat(steps(explanation)).isEqualTo(one.slice);
                }));
  }

  private static String steps(Explanation explanation) {
    return explanation.path().stream()
        .map(step -> step.instruction().insn() + " " + step.role().id())
        .collect(Collectors.joining(", "));
  }

  @Test
  void acceptedProgramsHaveNone() {
    Program fine =
        Program.of(
            "fine",
            ProgramType.SOCKET_FILTER,
            "GPL",
            Assembler.assemble("r0 = 0\nexit"),
            List.of());
    assertThat(Explanation.of(fine, VerifierOptions.standard())).isNull();
  }

  /** One row for every kind of message that the verifier has, and what no row knows. */
  @Test
  void messagesHaveKinds() {
    assertThat(Messages.of("invalid func unknown#195896080").kind()).isEqualTo(Kind.LOADER);
    assertThat(Messages.of("invalid func unknown#2002000003").kind()).isEqualTo(Kind.LOADER);
    assertThat(Messages.of("invalid func unknown#777").kind()).isEqualTo(Kind.HELPER_NOT_ALLOWED);
    assertThat(Messages.of("combined stack size of 2 calls is 544. Too large").summary())
        .isEqualTo(
            "the 2 functions of one call chain use 544 bytes of stack together; 512 are allowed");
    assertThat(Messages.of("arg#0 pointer type STRUCT x must point to scalar").registers())
        .containsExactly(1);
    assertThat(Messages.of("").kind()).isEqualTo(Kind.OTHER);
    assertThat(Messages.of("something new").hint()).isNotBlank();
  }

  @Test
  void logsOfAnyLoaderAreRead() {
    String log =
        """
        libbpf: prog 'count': -- BEGIN PROG LOAD LOG --
        0: R1=ctx(off=0,imm=0) R10=fp0
        ; __u32 key = 0; @ count.bpf.c:12
        0: (b7) r6 = 0                        ; R6_w=0
        1: (63) *(u32 *)(r10 -4) = r6         ; R6_w=0 R10=fp0 fp-8=0000????
        5: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,map=m,ks=4,vs=8)
        ; if (key) @ count.bpf.c:14
        6: (15) if r6 == 0x0 goto pc+2        ; R6=0
        7: (b7) r0 = 0
        8: (95) exit

        from 6 to 9: R0=map_value_or_null(id=1,map=m,ks=4,vs=8) R6=0 R10=fp0
        ; *count += 1; @ count.bpf.c:15
        9: (79) r1 = *(u64 *)(r0 +0)
        R0 invalid mem access 'map_value_or_null'
        processed 8 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0
        -- END PROG LOAD LOG --
        libbpf: prog 'count': failed to load: -13
        """;
    Explanation explanation = Objects.requireNonNull(Explanation.ofLog(log));
    assertThat(explanation.kind()).isEqualTo(Kind.MAYBE_NULL);
    assertThat(explanation.message()).isEqualTo("R0 invalid mem access 'map_value_or_null'");
    assertThat(steps(explanation)).isEqualTo("5 writes");
    Explanation.Instruction at = Objects.requireNonNull(explanation.instruction());
    assertThat(Objects.requireNonNull(at.source()).position()).isEqualTo("count.bpf.c:15");
  }

  @Test
  void whatIsNoLogHasNoExplanation() {
    assertThat(Explanation.ofLog("")).isNull();
    assertThat(Explanation.ofLog("processed 1 insns\n")).isNull();
    assertThat(Explanation.ofLog("(".repeat(1 << 20))).isNotNull();
    assertThat(Explanation.ofLog("7: (b7) r0 = " + "(".repeat(1 << 20) + "\nno")).isNotNull();
    assertThat(Explanation.ofLog("; " + " @ ".repeat(1 << 18) + "\nno")).isNotNull();
  }

  @Test
  void argumentsAreFoundInLines() {
    String line = "n = bpf_probe_read(dst, f(a, b[1]), (void *)src) + bpf_probe_read(x";
    assertThat(Arguments.of(line, "bpf_probe_read", 2)).isEqualTo("f(a, b[1])");
    assertThat(Arguments.of(line, "bpf_probe_read", 3)).isEqualTo("(void *)src");
    assertThat(Arguments.of(line, "bpf_probe_read", 4)).isNull();
    assertThat(Arguments.of("bpf_probe_read(dst,", "bpf_probe_read", 1)).isNull();
    assertThat(Arguments.of(line, "other", 1)).isNull();
  }
}

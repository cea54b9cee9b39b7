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
import dev.skep.program.Dialect;
import dev.skep.program.HostFacts;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.testing.Check;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What verifier and rewrites make of per-CPU variables: D110 to D123, D128 and D129. */
class PerCpuVerifierChecksTest {
  private static final HostFacts ROOT = HostFacts.root(2);
  private static final int RDONLY_PROG = 0x80;
  private static final int WRONLY_PROG = 0x100;
  private static final MapSpec VALUE = MapSpec.of(".percpu", MapType.PERCPU_ARRAY, 4, 4, 1, 0);
  private static final MapSpec FIELDS = MapSpec.of(".percpu", MapType.PERCPU_ARRAY, 4, 64, 1, 0);
  private static final String ADDRESS = "r1 = map[0][0]+0\nr0 = 0\nexit";

  private static Program program(String text, MapSpec... maps) {
    return Program.of("p", ProgramType.SCHED_CLS, "GPL", Assembler.assemble(text), List.of(maps));
  }

  private static Verdict judged(Dialect dialect, HostFacts host, String text, MapSpec... maps) {
    VerifierOptions options =
        VerifierOptions.standard().withDialect(dialect).withHost(host).withLogLevel(1);
    return Verifier.verify(program(text, maps), options);
  }

  private static void refused(Dialect dialect, int errno, String log, String text, MapSpec map) {
    assertThat(judged(dialect, ROOT, text, map))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> {
              assertThat(no.log()).contains(log);
              assertThat(no.errno()).isEqualTo(errno);
            });
  }

  private static void refused(int errno, String log, String text, MapSpec map) {
    refused(Dialect.MAINLINE, errno, log, text, map);
    refused(Dialect.SEED, errno, log, text, map);
  }

  private static Verdict.Accepted accepted(String text, MapSpec... maps) {
    Verdict verdict = judged(Dialect.MAINLINE, ROOT, text, maps);
    assertThat(verdict).isInstanceOf(Verdict.Accepted.class);
    return (Verdict.Accepted) verdict;
  }

  private static RunnableProgram rewritten(RewriteOptions options, String text, MapSpec... maps) {
    return Rewriter.rewrite(accepted(text, maps).program(), options);
  }

  private static List<String> lines(RunnableProgram program) {
    List<String> lines = new ArrayList<>();
    long[] insns = program.insns();
    for (int i = 0; i < insns.length; i++) {
      long next = i + 1 < insns.length ? insns[i + 1] : 0;
      lines.add(Disassembler.text(insns[i], next, CallNames.NONE));
      i += InsnWord.code(insns[i]) == Opcodes.LD_IMM64 ? 1 : 0;
    }
    return lines;
  }

  @Test
  @Check(110)
  void arraysOfMoreElementsHaveNoAddress() {
    String message = "invalid access to map value pointer, value_size=4 off=0\n";
    refused(Errno.EOPNOTSUPP, message, ADDRESS, VALUE.withMaxEntries(2));
    refused(
        Errno.EOPNOTSUPP,
        "invalid access to map value pointer, value_size=4 off=9\n",
        ADDRESS.replace("+0", "+9"),
        VALUE.withMaxEntries(2));
  }

  @Test
  @Check(111)
  void addressesAreInsideTheValue() {
    String message = "invalid access to map value pointer, value_size=4 off=";
    refused(Errno.EINVAL, message + "4\n", ADDRESS.replace("+0", "+4"), VALUE);
    refused(Errno.EINVAL, message + "1000\n", ADDRESS.replace("+0", "+1000"), VALUE);
    accepted(ADDRESS.replace("+0", "+3"), VALUE);
    refused(
        Errno.EACCES,
        "invalid access to map value, value_size=4 off=3 size=4",
        "r1 = map[0][0]+3\nr0 = *(u32 *)(r1 +0)\nexit",
        VALUE);
  }

  @ParameterizedTest
  @Check(112)
  @ValueSource(strings = {"HASH", "PERCPU_HASH", "LRU_HASH", "PROG_ARRAY"})
  void otherMapsHaveNoAddress(String type) {
    MapSpec map = MapSpec.of("m", MapType.valueOf(type), 4, 4, 1, 0);
    refused(Errno.EINVAL, "no direct value access support for this map type\n", ADDRESS, map);
  }

  @Test
  @Check(112)
  void linux618HasNoAddressOfPerCpuValues() {
    String message = "no direct value access support for this map type\n";
    refused(Dialect.V6_18, Errno.EINVAL, message, ADDRESS, VALUE);
  }

  @Test
  @Check(113)
  void withoutJitAsTheSeedSays() {
    assertThat(judged(Dialect.SEED, ROOT.withoutJit(), ADDRESS, VALUE.withMaxEntries(2)))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> {
              assertThat(no.errno()).isEqualTo(Errno.EOPNOTSUPP);
              assertThat(no.message()).isEqualTo("JIT is required to use global percpu data");
            });
  }

  @Test
  @Check(113)
  void withoutJitAsMerged() {
    Verdict verdict = judged(Dialect.MAINLINE, ROOT.withoutJit(), ADDRESS, VALUE);
    assertThat(verdict).isInstanceOf(Verdict.Accepted.class);
    var verified = ((Verdict.Accepted) verdict).program();
    assertThatThrownBy(() -> Rewriter.rewrite(verified, RewriteOptions.LINUX))
        .isInstanceOfSatisfying(
            RejectedException.class, no -> assertThat(no.errno()).isEqualTo(Errno.EINVAL))
        .hasMessageContaining("program requires BPF JIT compiler but it is not available");
  }

  @Test
  @Check(116)
  void rightsOfProgramsHold() {
    MapSpec readOnly = MapSpec.of("m", MapType.PERCPU_ARRAY, 4, 4, 1, RDONLY_PROG);
    MapSpec writeOnly = MapSpec.of("m", MapType.PERCPU_ARRAY, 4, 4, 1, WRONLY_PROG);
    String load = "r1 = map[0][0]+0\nr0 = *(u32 *)(r1 +0)\nexit";
    String store = "r1 = map[0][0]+0\nr0 = 0\n*(u32 *)(r1 +0) = r0\nexit";
    accepted(load, readOnly);
    accepted(store, writeOnly);
    refused(Errno.EACCES, "write into map forbidden", store, readOnly);
    refused(Errno.EACCES, "read from map forbidden", load, writeOnly);
  }

  /** The way that a known value rules out reads a register that has none. */
  @Test
  @Check(117)
  void valuesAreNeverFolded() {
    String text =
        """
        r1 = map[0][0]+0
        r1 = *(u32 *)(r1 +0)
        r0 = 0
        if r1 == 5 goto +1
        r0 = r5
        exit
        """;
    byte[] five = {5, 0, 0, 0};
    MapSpec array = MapSpec.of("m", MapType.ARRAY, 4, 4, 1, RDONLY_PROG).withInitial(five, true);
    accepted(text, array);
    MapSpec percpu =
        MapSpec.of("m", MapType.PERCPU_ARRAY, 4, 4, 1, RDONLY_PROG).withInitial(five, true);
    refused(Errno.EACCES, "R5 !read_ok", text, percpu);
  }

  @ParameterizedTest
  @Check(118)
  @ValueSource(ints = {0, RDONLY_PROG})
  void stringsInThemAreNotConstant(int flags) {
    MapSpec map =
        MapSpec.of(".percpu.fmt", MapType.PERCPU_ARRAY, 4, 4, 1, flags)
            .withInitial(new byte[] {'%', 'd', 0, 0}, flags != 0);
    String compared =
        """
        r1 = r10
        r1 += -8
        *(u64 *)(r10 -8) = 0
        r2 = 8
        r3 = map[0][0]+0
        call bpf_strncmp#182
        exit
        """;
    String printed =
        """
        *(u64 *)(r10 -8) = 0
        *(u64 *)(r10 -16) = 0
        r1 = r10
        r1 += -8
        r2 = 8
        r3 = map[0][0]+0
        r4 = r10
        r4 += -16
        r5 = 8
        call bpf_snprintf#165
        exit
        """;
    String message = "R3 points to percpu_array map which cannot be used as const string\n";
    refused(Errno.EACCES, message, compared, map);
    refused(Errno.EACCES, message, printed, map);
  }

  @Test
  @Check(119)
  void theLoadGetsAMovBehindIt() {
    long[] load = {word(0x18, 1, 2, 0, 0), word(0, 0, 0, 0, 4)};
    String text = "r1 = map[0][0]+4\nr0 = 0\nexit";
    long[] before = Assembler.assemble(text);
    assertThat(before).startsWith(load);
    RunnableProgram program = rewritten(RewriteOptions.SEED, text, FIELDS);
    assertThat(program.insns()).hasSize(before.length + 1);
    long[] dumped = Xlated.insns(program, DumpNumbers.PLAIN);
    assertThat(dumped[0]).isEqualTo(word(0x18, 1, 2, 0, 1));
    assertThat(dumped[1]).isEqualTo(load[1]);
    assertThat(dumped[2]).isEqualTo(0x0000_0000_ffff_11bfL);
  }

  private static long word(int code, int dst, int src, int off, int imm) {
    return InsnWord.of(code, dst, src, off, imm);
  }

  @ParameterizedTest
  @Check(120)
  @CsvSource({
    "0, ffff00bf",
    "2, ffff22bf",
    "3, ffff33bf",
    "4, ffff44bf",
    "5, ffff55bf",
    "6, ffff66bf",
    "7, ffff77bf",
    "8, ffff88bf",
    "9, ffff99bf"
  })
  void theMovIsOfTheSameRegister(int register, String mov) {
    for (int src : new int[] {Opcodes.PSEUDO_MAP_VALUE, Opcodes.PSEUDO_MAP_IDX_VALUE}) {
      long[] insns = {
        word(0x18, register, src, 0, 0),
        word(0, 0, 0, 0, 8),
        word(0x79, 0, register, 0, 0),
        word(0x95, 0, 0, 0, 0)
      };
      Program program = Program.of("p", ProgramType.SCHED_CLS, "GPL", insns, List.of(FIELDS));
      VerifierOptions options = VerifierOptions.standard().withDialect(Dialect.MAINLINE);
      var yes = (Verdict.Accepted) Verifier.verify(program, options);
      RunnableProgram made = Rewriter.rewrite(yes.program(), RewriteOptions.LINUX);
      assertThat(made.insns()[2]).isEqualTo(Long.parseLong(mov, 16));
      assertThat(InsnWord.src(made.insns()[0])).isEqualTo(Opcodes.PSEUDO_MAP_VALUE);
    }
  }

  @Test
  @Check(121)
  void jumpsGoAroundLoadAndMov() {
    String text =
        """
        r6 = 3
        if r6 == 9 goto +2
        r1 = map[0][0]+8
        r0 = 1
        r6 += -1
        if r6 != 0 goto -5
        exit
        """;
    assertThat(lines(rewritten(RewriteOptions.SEED, text, FIELDS)))
        .filteredOn(line -> line.contains("goto"))
        .containsExactly("(15) if r6 == 0x9 goto pc+3", "(55) if r6 != 0x0 goto pc-6");
  }

  @Test
  @Check(122)
  void programsDoNotWriteTheMov() {
    String mov = "r1 = 0\nr1 = &(void __percpu *)(r1)\nr0 = 0\nexit";
    refused(Errno.EINVAL, "BPF_MOV uses reserved fields", mov, FIELDS);
    String jump = "r0 = 0\nif r0 == 1 goto +1\nr1 = map[0][0]+8\nexit";
    refused(Errno.EINVAL, "jump into the middle of ldimm64 insn", jump, FIELDS);
  }

  @Test
  @Check(123)
  void dumpsShowMapOffsetAndMov() {
    RunnableProgram program =
        rewritten(RewriteOptions.SEED, "r1 = map[0][0]+4\nr0 = *(u32 *)(r1 +0)\nexit", FIELDS);
    assertThat(XlatedText.of(program, DumpNumbers.PLAIN, false, false))
        .isEqualTo(
            """
               0: (18) r1 = map[id:1][0]+4
               2: (bf) r1 = &(void __percpu *)(r1)
               3: (61) r0 = *(u32 *)(r1 +0)
               4: (95) exit
            """);
  }

  @Test
  @Check(128)
  void theMovStaysBehindTheBlindedLoad() {
    String text = "r1 = map[0][0]+4\nr0 = 0x1234567\n*(u64 *)(r1 +0) = r0\nexit";
    List<String> plain = lines(rewritten(RewriteOptions.SEED, text, FIELDS));
    List<String> blinded = lines(rewritten(RewriteOptions.SEED.blinded(), text, FIELDS));
    assertThat(blinded).hasSizeGreaterThan(plain.size());
    int mov = blinded.indexOf("(bf) r1 = &(void __percpu *)(r1)");
    assertThat(mov).isPositive();
    // The blinded load ends by a move of the value that it put together.
    assertThat(blinded.get(mov - 1)).containsAnyOf("r1 = map", "(18) r1", "(bf) r1 = r11", "r1 ^=");
    assertThat(blinded).doesNotContain("(b7) r0 = 19088743");
  }

  @Test
  @Check(129)
  void theNumberOfTheCpuIsAPerCpuValue() {
    String text =
        """
        call bpf_get_smp_processor_id#8
        r0 <<= 2
        r1 = map[0][0]+0
        r1 += r0
        r0 = *(u32 *)(r1 +0)
        exit
        """;
    MapSpec two = MapSpec.of("m", MapType.ARRAY, 4, 8, 1, 0);
    MapSpec one = MapSpec.of("m", MapType.ARRAY, 4, 4, 1, 0);
    // Linux 6.18 makes the offset by a 64-bit move, kernels after it by a 32-bit one.
    assertThat(lines(rewritten(RewriteOptions.SEED, text, two)))
        .startsWith(
            "(b7) r0 = " + RunnableProgram.CPU_NUMBER_OFFSET,
            "(bf) r0 = &(void __percpu *)(r0)",
            "(61) r0 = *(u32 *)(r0 +0)");
    refused(Errno.EACCES, "invalid access to map value", text, one);
  }
}

package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.isa.Assembler;
import dev.skep.jit.MachineCode;
import dev.skep.jit.OfflineLinkage;
import dev.skep.jit.Relocation;
import dev.skep.jit.x64.KernelLayout.Indirect;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.rewrite.PokeDescriptor;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import dev.skep.testing.Check;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bytes of prologues and tail calls of the kernel layout, in the three forms of the seed. */
class TailCallBytesTest {
  /** Offsets of the worked examples: map.max_entries, ptrs and bpf_func. */
  private static final int MAX_ENTRIES = 0x24;

  private static final int PTRS = 0x100;
  private static final int BPF_FUNC = 0x30;

  private static final int STATIC = 0;
  private static final int DYNAMIC = 1 << 8;
  private static final int DIRECT = 1 << 16;

  private static final KernelLayout PLAIN = layout(false, Indirect.PLAIN);
  private static final TailCallDialect SEED = TailCallDialect.SEED;

  private static final String ALL_SAVED =
      "r6 = r1\nr7 = r1\nr8 = r1\nr9 = r1\n"; // behind the tail call, only to be used

  private static KernelLayout layout(boolean ibt, Indirect indirect) {
    return new KernelLayout(
        true,
        ibt,
        false,
        indirect == Indirect.PLAIN_STOP,
        indirect,
        true,
        false,
        0,
        0,
        true,
        false,
        MAX_ENTRIES,
        PTRS,
        BPF_FUNC);
  }

  private static JitInput input(
      String source, TailCallDialect dialect, int entries, int stack, boolean counts, int second) {
    long[] insns = Assembler.assemble(source);
    RunnableProgram.Function main = function(0, second == 0 ? insns.length : second, stack, counts);
    return new JitInput(
        insns,
        second == 0 ? List.of(main) : List.of(main, function(second, insns.length, stack, counts)),
        List.of(new PokeDescriptor(0, 1, 1)),
        dialect,
        List.of(MapSpec.of("jmp_table", MapType.PROG_ARRAY, 4, 4, entries, 0)),
        insn -> false,
        false,
        0,
        0);
  }

  private static RunnableProgram.Function function(int start, int end, int stack, boolean counts) {
    return new RunnableProgram.Function(start, end, stack, counts, false, false, false);
  }

  private static MachineCode compile(KernelLayout layout, JitInput input) {
    return new KernelEmitter(input, layout, OfflineLinkage.X86_64).emit();
  }

  /** The bytes of a tail call that is the second instruction of a main program. */
  private static String tailCall(
      KernelLayout layout,
      TailCallDialect dialect,
      int imm,
      int entries,
      int stack,
      String following) {
    String source = "w1 = w1\ntail_call " + imm + "\n" + following + "exit";
    MachineCode code = compile(layout, input(source, dialect, entries, stack, true, 0));
    return hex(code, code.insnOffset(1), code.insnOffset(2));
  }

  private static String seed(int imm, int entries, int stack, String following) {
    return tailCall(PLAIN, SEED, imm, entries, stack, following);
  }

  private static String hex(MachineCode code, int start, int end) {
    return HexFormat.of().formatHex(code.bytes(), start, end);
  }

  private static String spec(String text) {
    return text.replace(" ", "").toLowerCase(Locale.ROOT);
  }

  /** The prologue of one of two functions with the same properties. */
  private static String prologue(KernelLayout layout, int stack, boolean counts, int function) {
    String source = "w1 = w1\nexit\nw1 = w1\nexit";
    MachineCode code = compile(layout, input(source, SEED, 3, stack, counts, 2));
    String all = hex(code, code.functionOffset(function), code.insnOffset(2 * function + 1));
    assertThat(all).endsWith("89ff"); // w1 = w1
    return all.substring(0, all.length() - 4);
  }

  @Test
  @Check({73, 74, 75})
  void prologues() {
    assertThat(prologue(PLAIN, 0, true, 0))
        .isEqualTo(
            spec("0F 1F 44 00 00 48 31 C0 55 48 89 E5 48 83 F8 21 77 06 50 48 89 E0 EB 01 50 50"));
    assertThat(prologue(PLAIN, 0, false, 0)).isEqualTo(spec("0F 1F 44 00 00 0F 1F 00 55 48 89 E5"));
    assertThat(prologue(PLAIN, 8, true, 1))
        .isEqualTo(spec("0F 1F 44 00 00 0F 1F 00 55 48 89 E5 48 81 EC 08 00 00 00 50 50"));
  }

  @Test
  @Check(76)
  void tailCallsLandOnTheSecondEndbr() {
    KernelLayout ibt = layout(true, Indirect.PLAIN);
    assertThat(prologue(ibt, 0, false, 0))
        .isEqualTo(spec("F3 0F 1E FA 0F 1F 44 00 00 0F 1F 00 55 48 89 E5 F3 0F 1E FA"));
    assertThat(ibt.tailCallEntry()).isEqualTo(16);
    assertThat(PLAIN.tailCallEntry()).isEqualTo(12);
    assertThat(tailCall(ibt, SEED, DYNAMIC, 3, 0, "")).endsWith(spec("48 83 C1 10 FF E1"));
  }

  @Test
  @Check(77)
  void linuxComparesTheSizeWithTheIndex() {
    String linux = tailCall(PLAIN, TailCallDialect.LINUX_6_18, 0, 3, 0, "");
    assertThat(linux).startsWith(spec("89 D2 39 56 24 76 2A")).hasSize(2 * 49);
    assertThat(linux.substring(14)).isEqualTo(seed(DYNAMIC, 3, 0, "").substring(14));
  }

  @Test
  @Check(78)
  void dynamicReadsEverything() {
    assertThat(seed(DYNAMIC, 3, 0, ""))
        .isEqualTo(
            spec(
                "89 D2 3B 56 24 73 2A 48 8B 85 F0 FF FF FF 48 83 38 21 73 1D 48 8B 8C D6 00 01 00"
                    + " 00 48 85 C9 74 10 48 83 00 01 58 58 48 8B 49 30 48 83 C1 0C FF E1"));
  }

  @Test
  @Check(79)
  void staticReadsTheCachedTarget() {
    assertThat(seed(STATIC, 3, 0, ""))
        .isEqualTo(
            spec(
                "89 D2 81 FA 03 00 00 00 73 22 48 8B 85 F0 FF FF FF 48 83 38 21 73 15 48 8B 8C D6"
                    + " 18 01 00 00 48 85 C9 74 08 48 83 00 01 58 58 FF E1"));
  }

  @ParameterizedTest
  @Check(80)
  @CsvSource({"1, 81FA01000000, 08010000", "65536, 81FA00000100, 00010800"})
  void sizesTakeFourBytes(int entries, String compare, String displacement) {
    assertThat(seed(STATIC, entries, 0, ""))
        .startsWith(spec("89D2" + compare + "73 22"))
        .contains(spec("48 8B 8C D6" + displacement))
        .hasSize(2 * 44);
  }

  @Test
  void targetsOutOfReachAreReadFromTheProgram() {
    int entries = 1 << 28; // slots of 2 GiB
    assertThat(seed(STATIC, entries, 0, "")).isEqualTo(seed(DYNAMIC, entries, 0, ""));
    int below = (1 << 28) - 64;
    assertThat(seed(STATIC, below, 0, "")).contains(spec("48 8B 8C D6 00 FF FF 7F"));
  }

  @Test
  @Check(81)
  void stackIsGivenBack() {
    assertThat(seed(STATIC, 3, 8, ""))
        .isEqualTo(
            spec(
                "89 D2 81 FA 03 00 00 00 73 29 48 8B 85 E8 FF FF FF 48 83 38 21 73 1C 48 8B 8C D6"
                    + " 18 01 00 00 48 85 C9 74 0F 48 83 00 01 58 58 48 81 C4 08 00 00 00 FF E1"));
  }

  @ParameterizedTest
  @Check(82)
  @CsvSource({"r6, 5B, 23, 16, 09", "all, 415F415E415D5B, 29, 1C, 0F"})
  void savedRegistersAreRestored(String used, String pops, String bounds, String limit, String no) {
    String following = used.equals("all") ? ALL_SAVED : used + " = r1\n";
    assertThat(seed(STATIC, 3, 0, following))
        .isEqualTo(
            spec(
                "89 D2 81 FA 03 00 00 00 73"
                    + bounds
                    + "48 8B 85 F0 FF FF FF 48 83 38 21 73"
                    + limit
                    + "48 8B 8C D6 18 01 00 00 48 85 C9 74"
                    + no
                    + "48 83 00 01"
                    + pops
                    + "58 58 FF E1"));
  }

  @Test
  @Check(83)
  void directJumpsOverItself() {
    for (TailCallDialect dialect : TailCallDialect.values()) {
      int imm = dialect == SEED ? DIRECT : 1;
      String source = "w1 = w1\ntail_call " + imm + "\nexit";
      MachineCode code = compile(PLAIN, input(source, dialect, 3, 0, true, 0));
      int start = code.insnOffset(1);
      assertThat(hex(code, start, code.insnOffset(2)))
          .isEqualTo(
              spec(
                  "48 8B 85 F0 FF FF FF 48 83 38 21 73 10 E9 0B 00 00 00 48 83 00 01 58 58"
                      + " 0F 1F 44 00 00"));
      assertThat(code.pokes()).containsExactly(new MachineCode.PokeSite(0, start + 13, start + 24));
    }
  }

  @Test
  @Check(86)
  void callsPassTheCounterOn() {
    String source = "call sub\nexit\nsub: w0 = 1\nexit";
    MachineCode code = compile(PLAIN, input(source, SEED, 3, 8, true, 2));
    assertThat(hex(code, 0, code.insnOffset(1)))
        .matches(".*" + spec("48 8B 85 E8 FF FF FF E8") + "[0-9a-f]{8}");
  }

  @ParameterizedTest
  @Check(87)
  @CsvSource({
    "PLAIN_STOP, FFE1CC, 23, 16, 09",
    "LFENCE, 0FAEE8FFE1, 25, 18, 0B",
    "THUNK, E900000000, 25, 18, 0B"
  })
  void mitigationsOfTheJump(
      Indirect indirect, String jump, String bounds, String limit, String empty) {
    KernelLayout layout = layout(false, indirect);
    assertThat(tailCall(layout, SEED, STATIC, 3, 0, ""))
        .isEqualTo(
            spec(
                "89 D2 81 FA 03 00 00 00 73"
                    + bounds
                    + "48 8B 85 F0 FF FF FF 48 83 38 21 73"
                    + limit
                    + "48 8B 8C D6 18 01 00 00 48 85 C9 74"
                    + empty
                    + "48 83 00 01 58 58"
                    + jump));
    MachineCode code = compile(layout, input("w1 = w1\ntail_call 0\nexit", SEED, 3, 0, true, 0));
    assertThat(code.relocations())
        .hasSize(indirect == Indirect.THUNK ? 1 : 0)
        .allMatch(r ->
            r.kind() == Relocation.Kind.INDIRECT_THUNK
                && r.offset() + r.length() == code.insnOffset(2));
  }

  @Test
  void imms() {
    // Map index, dynamic flag and poke are told apart; what the form does not need is ignored.
    assertThat(seed(DYNAMIC | 5, 3, 0, "")).isEqualTo(seed(DYNAMIC, 3, 0, ""));
    assertThat(seed(DIRECT | 5, 3, 0, "")).isEqualTo(seed(DIRECT, 3, 0, ""));
  }

  @Test
  @Check(69)
  void aStaticCallNeedsItsMap() {
    assertThatThrownBy(() -> seed(STATIC | 1, 3, 0, ""))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("tail call through map 1 of a program with 1 maps");
    JitInput bare =
        new JitInput(
            Assembler.assemble("tail_call 0\nexit"),
            List.of(function(0, 2, 0, true)),
            List.of(),
            SEED,
            false,
            0,
            0);
    assertThatThrownBy(() -> compile(PLAIN, bare))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("tail call through map 0 of a program with 0 maps");
  }

  /**
   * What is executed when the call is taken: the two places of a direct one are a nop and a jump
   * then. Words are loaded from the counter's cell, the map's header, the slot and the program; the
   * pointer to the cell lies in the frame.
   */
  @ParameterizedTest
  @CsvSource({DYNAMIC + ", 15, 4", STATIC + ", 13, 2", DIRECT + ", 8, 1"})
  @Check(145)
  void takenCallsAreShort(int imm, int instructions, int loads) {
    byte[] code = HexFormat.of().parseHex(seed(imm, 3, 0, ""));
    StringBuilder text = new StringBuilder();
    int count = 0;
    for (int at = 0; at < code.length; count++) {
      at = X64Disassembler.append(text, code, at, at);
      text.append('\n');
    }
    assertThat(count).isEqualTo(instructions);
    long memory =
        text.toString()
            .lines()
            .filter(line -> line.contains("(%") && !line.startsWith("nop"))
            .count();
    long pointer = text.toString().lines().filter(line -> line.contains("(%rbp)")).count();
    long increments = text.toString().lines().filter(line -> line.startsWith("addq")).count();
    assertThat(memory - pointer - increments).as(text.toString()).isEqualTo(loads);
  }
}

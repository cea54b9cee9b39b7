package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.isa.Assembler;
import dev.skep.isa.InsnWord;
import dev.skep.jit.MachineCode;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.testing.Check;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.Verifier;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JitedDumpTest {
  private static final MapSpec SLOTS = MapSpec.of("slots", MapType.PROG_ARRAY, 4, 4, 3, 0);
  private static final MapSpec MORE = MapSpec.of("more", MapType.PROG_ARRAY, 4, 4, 5, 0);

  private static VerifiedProgram verified(String text, MapSpec... maps) {
    return verified(ProgramType.XDP, text, maps);
  }

  private static VerifiedProgram verified(ProgramType type, String text, MapSpec... maps) {
    Program program = Program.of("p", type, "GPL", Assembler.assemble(text), List.of(maps));
    return ((Verdict.Accepted) Verifier.verify(program, Engines.verifier())).program();
  }

  private static VerifiedProgram constantKey() {
    return verified(
        """
        r2 = map[0]
        r3 = 1
        call #12
        r0 = 0
        exit\
        """,
        SLOTS);
  }

  /** Direct, static and dynamic: a constant key, any key, any key of any of two maps. */
  private static VerifiedProgram threeForms() {
    return verified(
        """
        r6 = r1
        r2 = map[0]
        r3 = 1
        call #12
        r3 = *(u32 *)(r6 +16)
        r1 = r6
        r2 = map[0]
        call #12
        r3 = *(u32 *)(r6 +16)
        r2 = map[0]
        if r3 == 0 goto +2
        r2 = map[1]
        r1 = r6
        call #12
        r0 = 0
        exit\
        """,
        SLOTS,
        MORE);
  }

  private static String text(VerifiedProgram verified, CodeTarget target) {
    return JitedDump.of(target.rewrite(verified), target, false, false).text();
  }

  private static CodeTarget target(String machine, String dialect) {
    return CodeTarget.parse(machine, "kernel", dialect);
  }

  @Test
  void directSitesAreMarked() {
    assertThat(text(constantKey(), target("x86_64", "seed")))
        .isEqualTo(
            """
            p:
               0:\tnopl   0x0(%rax,%rax,1)
               5:\txor    %rax,%rax
               8:\tpush   %rbp
               9:\tmov    %rsp,%rbp
               c:\tcmp    $0x21,%rax
              10:\tja     0x18
              12:\tpush   %rax
              13:\tmov    %rsp,%rax
              16:\tjmp    0x19
              18:\tpush   %rax
              19:\tpush   %rax
              1a:\tmovabs $0xffff888100000000,%rsi         # map[id:1] slots
              24:\tmov    $0x1,%edx
              29:\tmov    -0x10(%rbp),%rax
              30:\tcmpq   $0x21,(%rax)
              34:\tjae    0x46
              36:\tjmp    0x46                             # bypass of tail call, map slots key 1, empty
              3b:\taddq   $0x1,(%rax)
              3f:\tpop    %rax
              40:\tpop    %rax
              41:\tnopl   0x0(%rax,%rax,1)                 # target of tail call, map slots key 1, empty
              46:\txor    %eax,%eax
              48:\tleave
              49:\tjmp    0x4e                             # __x86_return_thunk
            """);
  }

  @Test
  void arm64HasTheStaticForm() {
    assertThat(text(constantKey(), target("arm64", "seed")))
        .contains(
            """
              18:\tmov x1, #-281474976710656               // map[id:1] slots
              1c:\tmovk x1, #50176, lsl #16
              20:\tmovk x1, #32768
              24:\tmov x2, #1
              28:\tmov w10, #3
              2c:\tmov w2, w2
              30:\tcmp w2, w10
            """)
        .contains("br x11\n");
    assertThat(text(constantKey(), target("arm64", "linux-6.18"))).doesNotContain("mov w10, #3\n");
  }

  @Test
  void privateStacksOfArm64ArePerCpu() {
    VerifiedProgram deep =
        verified(
            ProgramType.KPROBE,
            """
            r0 = 0
            *(u64 *)(r10 -128) = r0
            exit\
            """);
    assertThat(text(deep, target("arm64", "seed")))
        .contains("// private stack\n")
        .contains("\tmrs x10, TPIDR_EL1\n")
        .contains("\tstr x7, [x27]\n");
    assertThat(text(deep, target("x86_64", "seed"))).contains("# private stack\n");
  }

  /** What patching writes at a filled slot. */
  @Test
  void liveBytesTellTheState() {
    CodeTarget target = target("x86_64", "seed");
    RunnableProgram runnable = target.rewrite(constantKey());
    MachineCode code = target.compile(runnable);
    byte[] bytes = code.bytes();
    byte[] nop = {0x0f, 0x1f, 0x44, 0, 0};
    System.arraycopy(nop, 0, bytes, 0x36, 5);
    bytes[0x41] = (byte) 0xe9;
    Arrays.fill(bytes, 0x42, 0x46, (byte) 0);
    CodeNotes.Slots slots = (map, key) -> map + "/" + key;
    String text = new JitedDump(runnable, code.withBytes(bytes), target, slots, true, false).text();
    assertThat(text)
        .contains(
            "nopl   0x0(%rax,%rax,1)                 # bypass of tail call, map slots key 1, ")
        .contains(
            "jmp    0x46                             # target of tail call, map slots key 1, ")
        .contains("filled by 0/1\n\t0f 1f 44 00 00\n")
        .contains("filled by 0/1\n\te9 00 00 00 00\n");
  }

  @Check(144)
  @ParameterizedTest
  @CsvSource({"x86_64, seed", "x86_64, linux-6.18", "arm64, seed", "arm64, linux-6.18"})
  void rewrittenTailCallsLookAlike(String machine, String dialect) {
    RunnableProgram runnable = target(machine, dialect).rewrite(threeForms());
    String text = new XlatedDump(runnable, true, false).text();
    assertThat(text.lines().filter(line -> line.contains("tail_call")))
        .hasSize(3)
        .allMatch(line -> line.endsWith(": (85) call bpf_tail_call#12"));
    assertThat(text.lines().filter(line -> line.contains("85 00 00 00 0c 00 00 00"))).hasSize(3);
    assertThat(KernelImage.xlated(threeForms(), target(machine, dialect)))
        .contains(InsnWord.of(0x85, 0, 0, 0, 12));
  }

  @Test
  void jsonHasTheFieldsOfBpftool() throws IOException {
    CodeTarget target = target("x86_64", "seed");
    JitedDump dump = JitedDump.of(target.rewrite(constantKey()), target, true, false);
    String text = json(dump::write);
    assertThat(text)
        .startsWith(
            "[{\"name\":\"p\",\"insns\":[{\"pc\":\"0x0\",\"operation\":\"nopl\","
                + "\"operands\":[\"0x0(%rax,%rax,1)\"],"
                + "\"opcodes\":[\"0x0f\",\"0x1f\",\"0x44\",\"0x00\",\"0x00\"]}")
        .contains(
            "{\"pc\":\"0x36\",\"operation\":\"jmp\",\"operands\":[\"0x46\"],"
                + "\"comment\":\"bypass of tail call, map slots key 1, empty\","
                + "\"tail_call\":{\"part\":\"bypass\",\"map\":\"slots\",\"key\":1,"
                + "\"state\":\"empty\"},\"opcodes\":[\"0xe9\",\"0x0b\",")
        .contains("{\"pc\":\"0x48\",\"operation\":\"leave\",\"operands\":[null],");
    assertThat(Json.object("{\"all\":" + text + "}")).containsKey("all");
  }

  @Test
  void jsonOfInstructions() throws IOException {
    RunnableProgram runnable = CodeTarget.LINUX.rewrite(constantKey());
    assertThat(json(new XlatedDump(runnable, true, false)::write))
        .startsWith(
            "[{\"disasm\":\"(18) r2 = map[id:1]\",\"opcodes\":{\"code\":\"0x18\","
                + "\"src_reg\":\"0x1\",\"dst_reg\":\"0x2\",\"off\":[\"0x00\",\"0x00\"],"
                + "\"imm\":[\"0x01\",\"0x00\",\"0x00\",\"0x00\",\"0x00\",")
        .contains("{\"disasm\":\"(85) call bpf_tail_call#12\",");
  }

  private interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  private static String json(Body body) throws IOException {
    StringWriter out = new StringWriter();
    try (JsonGenerator generator = Objects.requireNonNull(Json.FACTORY.createGenerator(out))) {
      body.write(generator);
    }
    return out.toString();
  }
}

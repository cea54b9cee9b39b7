package dev.skep.jit.arm64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.jit.arm64.A64Layout.Dialect;
import dev.skep.jit.arm64.A64Layout.PerCpuBase;
import dev.skep.jit.arm64.A64Layout.SpeculationBarrier;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The words of single instructions and frames, in each dialect, as Linux emits them. */
final class A64GoldenTest {
  /** Where the measured tail calls found their fields. */
  private static final int MAX_ENTRIES = 0x24;

  private static final int SLOTS = 0x100;
  private static final int ENTRY = 0x30;

  /** Every other instruction takes one word, in programs long enough for all measured jumps. */
  private static final int AROUND = 40_010;

  @TestFactory
  Stream<DynamicTest> wordsAreTheKernels() throws IOException {
    return GoldenWords.all().stream()
        .flatMap(golden ->
            Stream.of(Dialect.values())
                .map(dialect ->
                    dynamicTest(
                        golden.line().get("id") + " " + dialect + " " + golden.text("text"),
                        () ->
                            assertThat(words(golden, dialect))
                                .isEqualTo(expected(golden, dialect)))));
  }

  /** A field of a dialect is there only where it differs; "fixed" corrects the kernel's. */
  private static String expected(GoldenWords.Line golden, Dialect dialect) {
    Object words = golden.line().get("words");
    if (dialect == Dialect.LINUX_6_12) {
      words = golden.line().getOrDefault("d612", words);
    } else if (dialect == Dialect.MAINLINE) {
      words = golden.line().getOrDefault("tip", words);
    }
    return String.valueOf(golden.line().getOrDefault("fixed", words));
  }

  private static String words(GoldenWords.Line golden, Dialect dialect) {
    long[] body = body(golden.text("bpf"));
    A64Function f = function(golden, dialect, body);
    Constants constants = new Constants(f.asm, f.layout);
    FrameLowering frame = new FrameLowering(f, constants);
    switch (golden.text("cls")) {
      case "prologue" -> frame.prologue();
      case "epilogue" -> frame.epilogue();
      case "call" -> call(golden, f);
      case "tailcall" -> tailCall(golden, new CallLowering(f, constants, frame));
      case "exit" -> {
        f.current = golden.is("epi") ? 0 : f.places.length - 2;
        f.epilogue = (int) golden.number("epi");
        new InsnLowering(f).lower(body[0]);
      }
      default -> {
        if (InsnWord.code(body[0]) == Opcodes.LD_IMM64 && InsnWord.src(body[0]) == 4) {
          constants.address(f.dst(body[0]), InsnWord.imm64(body[0], body[1]));
        } else {
          settle(f, body);
        }
      }
    }
    return Arrays.stream(f.asm.copy())
        .mapToObj(word -> HexFormat.of().toHexDigits(word))
        .toList()
        .toString();
  }

  /** Emits the instruction in the middle of a program, once for its size, once for its words. */
  private static void settle(A64Function f, long[] body) {
    f.current = AROUND;
    InsnLowering lowering = new InsnLowering(f);
    for (int pass = 0; pass < 2; pass++) {
      int size = f.asm.position();
      for (int i = 0; i < f.places.length; i++) {
        int after = size + i - AROUND - body.length;
        f.places[i] = i <= AROUND ? i - AROUND : after;
      }
      f.begin();
      lowering.lower(body[0]);
    }
  }

  private static void call(GoldenWords.Line golden, A64Function f) {
    Constants constants = new Constants(f.asm, f.layout);
    int id = ((Number) Objects.requireNonNull(golden.line().get("id"))).intValue();
    switch (id) {
      case 526 -> f.asm.branchLink(0x1000 / 4);
      case 527 -> f.asm.branchLink(-(128 << 20) / 4);
      default -> {
        constants.address(A64Reg.TMP1, id == 528 ? 0x2102e0 : 0xffff_8000_8012_3456L);
        f.asm.branchLinkRegister(A64Reg.TMP1);
      }
    }
    constants.register(1, f.r0(), 0);
  }

  private static void tailCall(GoldenWords.Line golden, CallLowering calls) {
    String text = golden.text("text");
    int at = text.indexOf("max_entries ");
    if (text.contains("STATIC")) {
      calls.tailCallStatic(Integer.parseInt(text.substring(at + 12, text.indexOf(',', at))));
    } else {
      calls.tailCallDynamic();
    }
  }

  private static A64Function function(GoldenWords.Line golden, Dialect dialect, long[] body) {
    String text = golden.text("text");
    boolean whole = List.of("prologue", "epilogue", "tailcall").contains(golden.text("cls"));
    long[] insns = new long[whole ? body.length + 5 : 2 * AROUND + 2];
    Arrays.fill(insns, InsnWord.of(Opcodes.MOV64_K, 0, 0, 0, 0));
    System.arraycopy(body, 0, insns, whole ? 0 : AROUND, body.length);
    if (golden.text("cls").equals("epilogue") || golden.text("cls").equals("tailcall")) {
      use(insns, text, golden);
    }
    RunnableProgram.Function function =
        new RunnableProgram.Function(
            0,
            insns.length,
            (int) golden.number("stack"),
            true,
            golden.is("priv"),
            text.contains("exception boundary"),
            text.contains("exception callback"));
    int index = text.startsWith("subprogram") ? 1 : 0;
    A64Input input =
        new A64Input(
            insns,
            List.of(function, function),
            List.of(),
            TailCallDialect.LINUX_6_18,
            golden.is("arena"),
            golden.number("arena"),
            golden.number("uvm"),
            golden.number("priv"));
    return new A64Function(input, index, layout(golden, dialect), new Nowhere());
  }

  /** Puts instructions in that use the registers which the text names. */
  private static void use(long[] insns, String text, GoldenWords.Line golden) {
    int at = insns.length - 1;
    boolean frame = text.contains("r10") || text.contains("fp") || text.contains("STATIC");
    for (int register = 6; register <= 10; register++) {
      boolean named = text.contains("r" + register) || register == 10 && text.contains("fp");
      boolean implied = text.contains("STATIC") && golden.is("stack") && register % 4 == 2;
      if (named || implied && frame) {
        insns[at--] = InsnWord.of(Opcodes.MOV64_K, register, 0, 0, 0);
      }
    }
  }

  private static A64Layout layout(GoldenWords.Line golden, Dialect dialect) {
    boolean user = golden.context().get("target") != null;
    PerCpuBase base = golden.is("vhe") ? PerCpuBase.TPIDR_EL2 : PerCpuBase.TPIDR_EL1;
    return new A64Layout(
        dialect,
        golden.is("lse"),
        golden.is("bti"),
        golden.is("pac"),
        false,
        SpeculationBarrier.NONE,
        user ? PerCpuBase.TPIDR_EL0 : base,
        !user,
        true,
        false,
        0x18,
        MAX_ENTRIES,
        SLOTS,
        ENTRY);
  }

  private static long[] body(String text) {
    if (text.isEmpty()) {
      return new long[0];
    }
    return Arrays.stream(text.split(" \\| ", -1))
        .mapToLong(bytes ->
            ByteBuffer.wrap(HexFormat.ofDelimiter(" ").parseHex(bytes))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong())
        .toArray();
  }
}

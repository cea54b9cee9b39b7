package dev.skep.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.InsnWord;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.verify.SketchedFacts;
import dev.skep.verify.VerifierOptions;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class XlatedTextTest {
  private static String golden(String name, boolean opcodes, boolean linum) throws IOException {
    for (GoldenCase golden : GoldenRewritesTest.cases()) {
      if (golden.name.equals(name)) {
        return text(golden.program, golden.options, opcodes, linum);
      }
    }
    throw new AssertionError("no case " + name);
  }

  private static String text(
      Program program, VerifierOptions options, boolean opcodes, boolean linum) {
    RunnableProgram runnable =
        Rewriter.rewrite(SketchedFacts.of(program, options), RewriteOptions.LINUX);
    return XlatedText.of(runnable, DumpNumbers.PLAIN, opcodes, linum);
  }

  @Test
  void signaturesAndSourceLines() throws IOException {
    assertThat(golden("dead/li_expand", false, false))
        .isEqualTo(
            """
            int main(void * ctx):
            ; line
               0: (61) r2 = *(u32 *)(r1 +152)
               1: (15) if r2 == 0x0 goto pc+1
               2: (b4) w2 = 1
            ; line
               3: (61) r3 = *(u32 *)(r1 +112)
            ; line
               4: (55) if r3 != 0x0 goto pc+2
               5: (ac) w2 ^= w2
               6: (05) goto pc+1
               7: (3f) r2 /= r3
            ; line
               8: (b7) r0 = 0
               9: (95) exit
            """);
  }

  @Test
  void lineNumbersAndSubprograms() throws IOException {
    assertThat(golden("dead/fi_dead_sub", false, true))
        .isEqualTo(
            """
            int main(void * ctx):
            ; line [file:f.c line_num:1 line_col:0]
               0: (b7) r6 = 0
            ; line [file:f.c line_num:3 line_col:0]
               1: (b7) r1 = 2
               2: (85) call pc+2#sub2
               3: (b7) r0 = 0
               4: (95) exit
            int sub2(int a):
            ; line [file:f.c line_num:5 line_col:0]
               5: (b7) r0 = 4
               6: (95) exit
            """);
  }

  @Test
  void mapsHelpersAndOpcodes() {
    long[] insns = {
      InsnWord.of(0x18, 2, 1, 0, 1),
      InsnWord.of(0, 0, 0, 0, 0),
      InsnWord.of(0x18, 7, 2, 0, 0),
      InsnWord.of(0, 0, 0, 0, 8),
      InsnWord.of(0xb7, 3, 0, 0, 0),
      InsnWord.of(0x85, 0, 0, 0, 12),
      InsnWord.of(0x85, 0, 0, 0, 5),
      InsnWord.of(0xb7, 0, 0, 0, 0),
      InsnWord.of(0x95, 0, 0, 0, 0)
    };
    Program program =
        Program.of(
            "p",
            ProgramType.XDP,
            "GPL",
            insns,
            List.of(
                MapSpec.of(".data", MapType.ARRAY, 4, 64, 1, 0),
                MapSpec.of("jt", MapType.PROG_ARRAY, 4, 4, 2, 0)));
    assertThat(text(program, VerifierOptions.standard(), true, false))
        .isEqualTo(
            """
               0: (18) r2 = map[id:2]
                   18 12 00 00 02 00 00 00 00 00 00 00 00 00 00 00
               2: (18) r7 = map[id:1][0]+8
                   18 27 00 00 01 00 00 00 00 00 00 00 08 00 00 00
               4: (b7) r3 = 0
                   b7 03 00 00 00 00 00 00
               5: (85) call bpf_tail_call#12
                   85 00 00 00 0c 00 00 00
               6: (85) call bpf_ktime_get_ns#5
                   85 00 00 00 05 00 00 00
               7: (b7) r0 = 0
                   b7 00 00 00 00 00 00 00
               8: (95) exit
                   95 00 00 00 00 00 00 00
            """);
  }
}

package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.Assembler;
import dev.skep.jit.MachineCode;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.util.List;
import org.junit.jupiter.api.Test;

class JitedListingTest {
  @Test
  void listsAsBpftoolDoes() {
    long[] insns = Assembler.assemble("r0 = 0\nexit");
    RunnableProgram.Function main =
        new RunnableProgram.Function(0, 2, 0, false, false, false, false);
    JitInput input =
        new JitInput(insns, List.of(main), List.of(), TailCallDialect.LINUX_6_18, false, 0, 0);
    MachineCode code =
        new KernelEmitter(input, KernelLayout.linux(true), new KernelAddresses()).emit();
    StringBuilder out = new StringBuilder();
    JitedListing.append(
        out, code, 0, true, (text, offset) -> text.append(offset == 11 ? "; return 0;\n" : ""));
    String expected =
        """
           0:\tnopl   0x0(%rax,%rax,1)
        \t0f 1f 44 00 00
           5:\tnopl   (%rax)
        \t0f 1f 00
           8:\tpush   %rbp
        \t55
           9:\tmov    %rsp,%rbp
        \t48 89 e5
           c:\txor    %eax,%eax
        \t31 c0
           e:\tleave
        \tc9
           f:\tjmp    0x14
        \te9 00 00 00 00
        """;
    assertThat(out.toString()).isEqualTo(expected);
    assertThat(code.insnOffset(1)).isEqualTo(14);
  }
}

package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.Assembler;
import dev.skep.jit.JitedListing;
import dev.skep.jit.MachineCode;
import dev.skep.jit.OfflineLinkage;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.util.List;
import org.junit.jupiter.api.Test;

class JitedListingTest {
  @Test
  void listsInstructions() {
    long[] insns = Assembler.assemble("r0 = 0\nexit");
    RunnableProgram.Function main =
        new RunnableProgram.Function(0, 2, 0, false, false, false, false);
    JitInput input =
        new JitInput(insns, List.of(main), List.of(), TailCallDialect.LINUX_6_18, false, 0, 0);
    MachineCode code =
        new KernelEmitter(input, KernelLayout.linux(true), OfflineLinkage.X86_64).emit();
    StringBuilder out = new StringBuilder();
    JitedListing.lines(code, code.bytes(), 0, X64Disassembler::append)
        .forEach(line -> out.append(line.at()).append(' ').append(line.text()).append('\n'));
    String expected =
        """
        0 nopl   0x0(%rax,%rax,1)
        5 nopl   (%rax)
        8 push   %rbp
        9 mov    %rsp,%rbp
        12 xor    %eax,%eax
        14 leave
        15 jmp    0x14
        """;
    assertThat(out.toString()).isEqualTo(expected);
    assertThat(code.insnOffset(1)).isEqualTo(14);
  }
}

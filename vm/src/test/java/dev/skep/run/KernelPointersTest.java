package dev.skep.run;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.btf.BtfType.Member;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.Assembler;
import dev.skep.program.KernelTypes;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelPointersTest {
  /** The task of a thread has no parent whose memory could be read. */
  @Test
  void pointersThatOnlyAKernelKeepsAreNotFollowed() {
    BtfBuilder types = BtfBuilder.create();
    types.add(new BtfType.Int("int", 4, 1, 0, 32));
    List<Member> members = List.of(new Member("pid", 1, 0, 0), new Member("real_parent", 3, 64, 0));
    types.add(new BtfType.Struct("task_struct", 16, false, members));
    types.add(new BtfType.Ptr(2));
    types.add(
        new BtfType.Struct(
            "task_struct__safe_rcu", 8, false, List.of(new Member("real_parent", 3, 0, 0))));
    long[] insns =
        Assembler.assemble("call unknown#158\nr1 = *(u64 *)(r0 +8)\nr0 = *(u32 *)(r1 +0)\nexit\n");
    Program program = Program.of("p", ProgramType.XDP, "GPL", insns, List.of());
    try (Vm vm = Vm.interp(VmOptions.ofCpus(1).withKernel(KernelTypes.of(types.build())))) {
      assertThatThrownBy(() -> vm.load(program, List.of()))
          .isInstanceOf(UnsupportedException.class)
          .hasMessageContaining("loads through kernel pointers");
    }
  }
}

package dev.skep.run;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.btf.BtfType.Member;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.Assembler;
import dev.skep.program.KernelTypes;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
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

  /** A program could follow bytes that somebody put where a pointer should be. */
  @Test
  void valuesThatHoldPointersAreNotKept() {
    BtfBuilder types = BtfBuilder.create();
    types.add(new BtfType.Int("int", 4, 1, 0, 32));
    types.add(new BtfType.Struct("own", 4, false, List.of(new Member("number", 1, 0, 0))));
    types.add(new BtfType.TypeTag("kptr", 2, false));
    types.add(new BtfType.Ptr(3));
    types.add(new BtfType.Struct("value", 8, false, List.of(new Member("own", 4, 0, 0))));
    MapSpec map = MapSpec.of("map", MapType.ARRAY, 4, 8, 1, 0).withTypes(types.build(), 1, 5);
    long[] insns = Assembler.assemble("r1 = map[0]\nr0 = 0\nexit\n");
    Program program = Program.of("p", ProgramType.XDP, "GPL", insns, List.of(map));
    KernelTypes kernel = KernelTypes.of(BtfBuilder.create().build());
    try (Vm vm = Vm.interp(VmOptions.ofCpus(1).withKernel(kernel))) {
      assertThatThrownBy(() -> vm.load(program, List.of(vm.createMap(map))))
          .isInstanceOf(UnsupportedException.class)
          .hasMessageContaining("maps whose values hold kptr inside a process");
    }
  }
}

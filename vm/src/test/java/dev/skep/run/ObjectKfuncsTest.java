package dev.skep.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.btf.BtfType.Member;
import dev.skep.btf.BtfType.Param;
import dev.skep.engine.TestRun;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.Assembler;
import dev.skep.program.KernelTypes;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectKfuncsTest {
  private static final int NEW = 5;
  private static final int DROP = 7;
  private static final int PLAIN = 3;
  private static final int COUNTED = 5;
  private static final int LARGE = 7;

  /** A kernel that has the two functions and no more. */
  private static VmOptions kernel() {
    BtfBuilder types = BtfBuilder.create();
    types.add(new BtfType.Int("long", 8, 0, 0, 64));
    types.add(new BtfType.Ptr(0));
    types.add(new BtfType.Struct("sk_buff", 8, false, List.of(new Member("n", 1, 0, 0))));
    types.add(
        new BtfType.FuncProto(
            2, List.of(new Param("local_type_id__k", 1), new Param("meta__ign", 2))));
    types.add(new BtfType.Func("bpf_obj_new_impl", 4, 0));
    types.add(
        new BtfType.FuncProto(0, List.of(new Param("p__alloc", 2), new Param("meta__ign", 2))));
    types.add(new BtfType.Func("bpf_obj_drop_impl", 6, 0));
    return VmOptions.ofCpus(1).withKernel(KernelTypes.of(types.build()));
  }

  private static Btf types() {
    BtfBuilder types = BtfBuilder.create();
    types.add(new BtfType.Int("long", 8, 0, 0, 64));
    types.add(new BtfType.Int("int", 4, 0, 0, 32));
    types.add(
        new BtfType.Struct(
            "plain", 16, false, List.of(new Member("a", 1, 0, 0), new Member("b", 1, 64, 0))));
    types.add(new BtfType.Struct("bpf_refcount", 4, false, List.of(new Member("n", 2, 0, 0))));
    types.add(new BtfType.Struct("counted", 8, false, List.of(new Member("owners", 4, 0, 0))));
    types.add(new BtfType.Array(1, 2, 512));
    types.add(new BtfType.Struct("large", 4096, false, List.of(new Member("a", 6, 0, 0))));
    return types.build();
  }

  private static Program program(String text) {
    return new Program(
        "p",
        "",
        ProgramType.SCHED_CLS,
        0,
        0,
        "GPL",
        Assembler.assemble(text),
        List.of(),
        List.of(),
        List.of(),
        types(),
        null);
  }

  /** Makes an object of the type, sums what it holds before and after a store, and drops it. */
  private static Program sums(int type) {
    return program(
        """
        r6 = -1
        r1 = %d
        r2 = 0
        call kfunc bpf_obj_new_impl#%d
        if r0 == 0 goto +7
        r6 = *(u64 *)(r0 +8)
        *(u64 *)(r0 +8) = 7
        r1 = *(u64 *)(r0 +8)
        r6 += r1
        r1 = r0
        r2 = 0
        call kfunc bpf_obj_drop_impl#%d
        r0 = r6
        exit
        """
            .formatted(type, NEW, DROP));
  }

  private static int run(Function<VmOptions, Vm> engine, Program program) {
    try (Vm vm = engine.apply(kernel());
        var loaded = vm.load(program, List.of())) {
      return loaded.testRun(TestRun.of(new byte[64]).withRepeat(100)).retval();
    }
  }

  private static Function<VmOptions, Vm> engine(String name) {
    return switch (name) {
      case "interp" -> Vm::interp;
      case "jit" -> TestVms::jit;
      default -> TestVms::jitKernel;
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void objectsBeginWithZeros(String engine) {
    assertThat(run(engine(engine), sums(PLAIN))).isEqualTo(7);
  }

  /** The kernel's allocator has none of that size. */
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void largeOnesAreNull(String engine) {
    assertThat(run(engine(engine), sums(LARGE))).isEqualTo(-1);
  }

  @Test
  void specialFieldsAreNotThere() {
    Program program = makesCounted();
    assertThatThrownBy(() -> run(Vm::interp, program))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("with special fields");
  }

  private static Program makesCounted() {
    return program(
        """
        r1 = %d
        r2 = 0
        call kfunc bpf_obj_new_impl#%d
        if r0 == 0 goto +3
        r1 = r0
        r2 = 0
        call kfunc bpf_obj_drop_impl#%d
        r0 = 0
        exit
        """
            .formatted(COUNTED, NEW, DROP));
  }
}

package dev.skep.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.isa.Assembler;
import dev.skep.map.VmMap;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Programs that the verifier accepts and the rewrites refuse are rejected like all others. */
class RefusedRewriteTest {
  private static final MapSpec SLOTS = MapSpec.of("a", MapType.PROG_ARRAY, 4, 4, 3, 0);
  private static final MapSpec OTHER = MapSpec.of("b", MapType.PROG_ARRAY, 4, 4, 3, 0);

  /** Nobody without CAP_PERFMON chooses between two arrays. */
  @Test
  void messageAndLogAreThoseOfTheLoad() {
    long[] insns =
        Assembler.assemble(
            """
            r3 = 1
            r4 = *(u32 *)(r1 +0)
            r2 = map[0]
            if r4 > 7 goto call
            r2 = map[1]
            call: call #12
            r0 = 0
            exit
            """);
    Program program = Program.of("p", ProgramType.SCHED_CLS, "GPL", insns, List.of(SLOTS, OTHER));
    try (Vm vm = Vm.interp(VmOptions.ofCpus(1).withGuardedMaps());
        VmMap slots = vm.createMap(SLOTS);
        VmMap other = vm.createMap(OTHER)) {
      RejectedException refused =
          catchThrowableOfType(
              RejectedException.class, () -> vm.load(program, List.of(slots, other)));
      assertThat(refused).hasMessage("program \"p\": tail_call abusing map_ptr");
      assertThat(refused.errno()).isEqualTo(Errno.EINVAL);
      assertThat(refused.log()).matches("tail_call abusing map_ptr\nprocessed 11 insns .*\n");
    }
  }
}

package dev.skep.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.LoadedProgram;
import dev.skep.engine.TestRun;
import dev.skep.errors.RejectedException;
import dev.skep.isa.Assembler;
import dev.skep.map.VmMap;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Programs are judged with the maps that they get, not with those that they ask for. */
class GivenMapsTest {
  private static final MapSpec LARGE = MapSpec.of("a", MapType.ARRAY, 4, 64, 1, 0);
  private static final MapSpec SMALL = MapSpec.of("a", MapType.ARRAY, 4, 8, 1, 0);

  private static Program reader(MapSpec wanted, int at) {
    long[] insns = Assembler.assemble("r1 = map[0][0]+0\nr0 = *(u8 *)(r1 +" + at + ")\nexit");
    return Program.of("p", ProgramType.SCHED_CLS, "GPL", insns, List.of(wanted));
  }

  @Test
  void valueThatIsSmaller() {
    try (Vm vm = Vm.interp(VmOptions.ofCpus(1));
        VmMap small = vm.createMap(SMALL)) {
      assertThatThrownBy(() -> vm.load(reader(LARGE, 8), List.of(small)))
          .isInstanceOf(RejectedException.class)
          .hasMessageContaining("R1 min value is outside of the allowed memory range");
      try (LoadedProgram fits = vm.load(reader(LARGE, 7), List.of(small))) {
        assertThat(fits.testRun(TestRun.of(new byte[64])).retval()).isZero();
      }
    }
  }

  @Test
  void mapOfAnotherType() {
    try (Vm vm = Vm.interp(VmOptions.ofCpus(1));
        VmMap hash = vm.createMap(MapSpec.of("a", MapType.HASH, 4, 64, 1, 0))) {
      assertThatThrownBy(() -> vm.load(reader(LARGE, 0), List.of(hash)))
          .isInstanceOf(RejectedException.class)
          .hasMessageContaining("no direct value access support for this map type");
    }
  }

  @Test
  void verifiedProgramsGetTheMapsOfTheirProof() {
    Verdict verdict = Verifier.verify(reader(LARGE, 63), VerifierOptions.standard());
    VerifiedProgram verified = ((Verdict.Accepted) verdict).program();
    try (Vm vm = Vm.interp(VmOptions.ofCpus(1));
        VmMap small = vm.createMap(SMALL);
        VmMap large = vm.createMap(LARGE)) {
      assertThatThrownBy(() -> vm.load(verified, List.of(small)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "map 0 of program \"p\": array, key 4 B, value 8 B, max_entries 1, flags 0x0,"
                  + " but it was verified with array, key 4 B, value 64 B, max_entries 1,"
                  + " flags 0x0");
      vm.load(verified, List.of(large)).close();
    }
  }
}

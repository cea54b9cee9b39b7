package dev.skep.map;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.machine.Machine;
import dev.skep.program.AttachPrototype;
import dev.skep.program.ProgramType;
import dev.skep.testing.Check;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The rule by which programs share an array, member by member. */
class MapOwnerTest {
  private static final Btf BTF = BtfBuilder.create().build();
  private static final AttachPrototype F = new AttachPrototype(BTF, 1);
  private static final AttachPrototype G = new AttachPrototype(BTF, 2);
  private static final AttachPrototype ELSEWHERE =
      new AttachPrototype(BtfBuilder.create().build(), 1);

  private final Machine machine = Machine.ofCpus(1);
  private final FakeProgram.Directory directory = new FakeProgram.Directory();

  @AfterEach
  void close() {
    List.copyOf(directory.programs.values()).forEach(FakeProgram::release);
    machine.close();
  }

  private FakeProgram program(ProgramOwner kind) {
    return new FakeProgram(machine, directory, kind);
  }

  private static ProgramOwner kind(ProgramType type, AttachPrototype prototype) {
    return new ProgramOwner(type, 0, false, false, prototype, 0, 0);
  }

  private static ProgramOwner storing(int storage, int perCpuStorage) {
    return new ProgramOwner(ProgramType.CGROUP_SKB, 0, false, false, null, storage, perCpuStorage);
  }

  private boolean share(ProgramOwner first, ProgramOwner second) {
    return share(first, second, false);
  }

  private boolean share(ProgramOwner first, ProgramOwner second, boolean secondCalls) {
    MapOwner owner = new MapOwner(true);
    assertThat(owner.accept(program(first))).isTrue();
    FakeProgram other = program(second);
    other.reachesTailCall = secondCalls;
    return owner.accept(other);
  }

  @Test
  @Check({23, 26, 27, 28})
  void numbersAndFlagsAreEqual() {
    ProgramOwner xdp = new ProgramOwner(ProgramType.XDP, 37, false, false);
    assertThat(share(xdp, new ProgramOwner(ProgramType.XDP, 37, false, false))).isTrue();
    assertThat(share(xdp, new ProgramOwner(ProgramType.SCHED_CLS, 37, false, false))).isFalse();
    assertThat(share(xdp, new ProgramOwner(ProgramType.XDP, 0, false, false))).isFalse();
    assertThat(share(xdp, new ProgramOwner(ProgramType.XDP, 37, true, false))).isFalse();
    assertThat(share(xdp, new ProgramOwner(ProgramType.XDP, 37, false, true))).isFalse();
  }

  @Test
  @Check(29)
  void prototypesAreEqualWhereProgramsAttachToFunctions() {
    for (ProgramType type :
        List.of(ProgramType.TRACING, ProgramType.LSM, ProgramType.EXT, ProgramType.STRUCT_OPS)) {
      assertThat(share(kind(type, F), kind(type, F))).as(type.text()).isTrue();
      assertThat(share(kind(type, F), kind(type, G))).as(type.text()).isFalse();
      assertThat(share(kind(type, F), kind(type, ELSEWHERE))).as(type.text()).isFalse();
    }
    assertThat(share(kind(ProgramType.XDP, F), kind(ProgramType.XDP, G))).isTrue();
  }

  @Test
  @Check(30)
  void storageIsTheSameOrThereIsNoneAndNoTailCall() {
    assertThat(share(storing(7, 8), storing(7, 8), true)).isTrue();
    assertThat(share(storing(7, 8), storing(7, 9), false)).isFalse();
    assertThat(share(storing(7, 8), storing(6, 8), false)).isFalse();
    assertThat(share(storing(7, 8), storing(0, 0), false)).isTrue();
    assertThat(share(storing(7, 8), storing(7, 0), false)).isTrue();
    assertThat(share(storing(7, 8), storing(7, 0), true)).isFalse();
    assertThat(share(storing(7, 0), storing(0, 0), true)).isFalse();
    assertThat(share(storing(0, 0), storing(7, 0), false)).isFalse();
    assertThat(share(storing(0, 0), storing(0, 0), true)).isTrue();
  }

  @Test
  @Check(32)
  void programsThatOverrideReturnsFitNowhereAndDecideNothing() {
    MapOwner owner = new MapOwner(true);
    FakeProgram overriding = program(kind(ProgramType.KPROBE, F));
    overriding.overridesReturn = true;
    assertThat(owner.accept(overriding)).isFalse();
    assertThat(owner.accept(program(kind(ProgramType.XDP, F)))).isTrue();
    assertThat(owner.accept(program(kind(ProgramType.KPROBE, F)))).isFalse();
  }
}

package dev.skep.tests.tailcalls;

import static dev.skep.tests.tailcalls.ArrayRig.errno;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.ProgramArray;
import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.linux.KernelBtf;
import dev.skep.program.AttachType;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.ProgramType;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import dev.skep.testing.Check;
import dev.skep.tests.engines.Engines;
import dev.skep.tests.tailcalls.ArrayRig.Kind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Which programs share a program array, on every engine: the kernel's verdicts are the measure. */
@ParameterizedClass
@ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
final class CompatibilityChecksTest {
  private static final Kind XDP = Kind.of(ProgramType.XDP);
  private static final Kind CLS = Kind.of(ProgramType.SCHED_CLS);
  private static final Kind SKB = Kind.of(ProgramType.CGROUP_SKB);
  private static final Kind KPROBE = Kind.of(ProgramType.KPROBE);
  private static final Kind TP_BTF =
      Kind.of(ProgramType.TRACING).attachType(AttachType.TRACE_RAW_TP.number());

  private static final int SLEEPABLE = 0x10;
  private static final int XDP_HAS_FRAGS = 0x20;

  private final String name;
  private final ArrayRig rig;

  CompatibilityChecksTest(String engine) {
    name = engine;
    rig = new ArrayRig(open(engine));
  }

  /** With the kernel's types: tracing programs attach to its functions. */
  private static Engine open(String name) {
    VmOptions options = VmOptions.ofCpus(2).withKernel(KernelBtf.types());
    return switch (name) {
      case "interp" -> Vm.interp(options);
      case "jit", "jit-kernel" -> {
        Engines.open(name).close();
        yield name.equals("jit") ? Vm.jit(options) : Vm.jitKernel(options);
      }
      default -> Engines.open(name);
    };
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private BpfMap map() {
    return rig.map(ArrayRig.spec(3));
  }

  @Test
  @Check(23)
  void theFirstUserDecidesWhatIsInserted() {
    BpfMap map = map();
    rig.load(CLS, ArrayRig.jump(0), map);
    ProgramArray array = map.programArray();
    assertThat(errno(() -> array.set(0, rig.returning(XDP, 1)))).isEqualTo(Errno.EINVAL);
    assertThat(array.ids()).isEmpty();
    assertThat(errno(() -> array.set(0, rig.returning(CLS, 1)))).isZero();
  }

  @Test
  @Check(24)
  void theFirstUserDecidesWhatIsLoaded() {
    BpfMap map = map();
    rig.load(CLS, ArrayRig.jump(0), map);
    assertThat(errno(() -> rig.load(XDP, ArrayRig.jump(0), map))).isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> rig.load(CLS, ArrayRig.jump(1), map))).isZero();
    BpfMap other = map();
    other.programArray().set(0, rig.returning(XDP, 1));
    assertThat(errno(() -> rig.load(CLS, ArrayRig.jump(0), other))).isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> rig.load(XDP, ArrayRig.jump(0), other))).isZero();
  }

  @Test
  @Check(25)
  void anotherTiersProgramsAreNotInserted() {
    Assumptions.assumeFalse(
        name.equals("linux"), "CONFIG_BPF_JIT_ALWAYS_ON: the running kernel interprets nothing");
    ProgramArray array = rig.array(3);
    for (String other : new String[] {"interp", "jit", "jit-kernel"}) {
      try (Engine engine = open(other);
          LoadedProgram program = engine.load(XDP.program("r0 = 1\nexit", List.of()), List.of())) {
        assertThat(errno(() -> array.set(0, program))).as(other).isEqualTo(Errno.EINVAL);
      }
    }
    assertThat(array.ids()).isEmpty();
  }

  @Test
  @Check(26)
  void sleepableProgramsAreAmongThemselves() {
    Assumptions.assumeFalse(
        name.equals("linux"), "Linux compares it since 7.0, when they could first use such arrays");
    LoadedProgram sleeping = rig.returning(KPROBE.flags(SLEEPABLE), 0);
    LoadedProgram waking = rig.returning(KPROBE, 0);
    ProgramArray array = rig.array(3);
    array.set(0, sleeping);
    assertThat(errno(() -> array.set(1, sleeping))).isZero();
    assertThat(errno(() -> array.set(2, waking))).isEqualTo(Errno.EINVAL);
    ProgramArray other = rig.array(3);
    other.set(0, waking);
    assertThat(errno(() -> other.set(1, sleeping))).isEqualTo(Errno.EINVAL);
    BpfMap map = map();
    rig.load(KPROBE.flags(SLEEPABLE), ArrayRig.jumpOrZero(0), map);
    assertThat(errno(() -> map.programArray().set(0, waking))).isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> map.programArray().set(0, sleeping))).isZero();
    assertThat(errno(() -> rig.load(KPROBE, ArrayRig.jumpOrZero(0), map))).isEqualTo(Errno.EINVAL);
  }

  @Test
  @Check(27)
  void expectedAttachTypesAreEqual() {
    LoadedProgram plain = rig.returning(XDP, 1);
    LoadedProgram ofDevmap = rig.returning(XDP.attachType(AttachType.XDP_DEVMAP.number()), 1);
    ProgramArray array = rig.array(3);
    array.set(0, plain);
    assertThat(errno(() -> array.set(1, ofDevmap))).isEqualTo(Errno.EINVAL);
    ProgramArray other = rig.array(3);
    other.set(0, ofDevmap);
    assertThat(errno(() -> other.set(1, plain))).isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> other.set(1, ofDevmap))).isZero();
  }

  @Test
  @Check(28)
  void xdpFragmentsAreEqual() {
    LoadedProgram plain = rig.returning(XDP, 1);
    LoadedProgram frags = rig.returning(XDP.flags(XDP_HAS_FRAGS), 1);
    ProgramArray array = rig.array(3);
    array.set(0, plain);
    assertThat(errno(() -> array.set(1, frags))).isEqualTo(Errno.EINVAL);
    ProgramArray other = rig.array(3);
    other.set(0, frags);
    assertThat(errno(() -> other.set(1, frags))).isZero();
    assertThat(errno(() -> other.set(2, plain))).isEqualTo(Errno.EINVAL);
  }

  @Test
  @Check(29)
  void whatIsTracedHasOnePrototype() {
    Assumptions.assumeTrue(KernelBtf.types().vmlinux() != null, "the kernel has no BTF");
    LoadedProgram first = rig.returning(TP_BTF.attachTo("sched_switch"), 0);
    LoadedProgram again = rig.returning(TP_BTF.attachTo("sched_switch"), 0);
    LoadedProgram second = rig.returning(TP_BTF.attachTo("sys_enter"), 0);
    ProgramArray array = rig.array(3);
    array.set(0, first);
    assertThat(errno(() -> array.set(1, again))).isZero();
    assertThat(errno(() -> array.set(2, second))).isEqualTo(Errno.EINVAL);
    BpfMap map = map();
    map.programArray().set(0, second);
    assertThat(errno(() -> rig.load(TP_BTF.attachTo("sched_switch"), ArrayRig.jumpOrZero(0), map)))
        .isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> rig.load(TP_BTF.attachTo("sys_enter"), ArrayRig.jumpOrZero(0), map)))
        .isZero();
  }

  /** Uses {@code map[0]}, a storage, and then goes on with {@code rest}. */
  private static String withStorage(String rest) {
    return """
    r6 = r1
    r1 = map[0]
    r2 = 0
    call bpf_get_local_storage#81
    r1 = r6
    """
        + rest;
  }

  private BpfMap storage() {
    return rig.map(MapSpec.of("storage", MapType.CGROUP_STORAGE, 16, 8, 0, 0));
  }

  @Test
  @Check(30)
  void storageIsTheSameOrNotReached() {
    BpfMap one = storage();
    BpfMap two = storage();
    String done = "r0 = 1\nexit";
    BpfMap map = map();
    rig.load(SKB, withStorage(ArrayRig.jumpOrZero(0).replace("map[0]", "map[1]")), one, map);
    ProgramArray array = map.programArray();
    LoadedProgram same = rig.load(SKB, withStorage(done), one);
    LoadedProgram another = rig.load(SKB, withStorage(done), two);
    LoadedProgram none = rig.load(SKB, done);
    LoadedProgram noneButJumps = rig.load(SKB, ArrayRig.jumpOrZero(0), map());
    assertThat(errno(() -> array.set(0, same))).isZero();
    assertThat(errno(() -> array.set(0, another))).isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> array.set(0, none))).isZero();
    assertThat(errno(() -> array.set(0, noneButJumps))).isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> rig.load(SKB, ArrayRig.jumpOrZero(0), map))).isEqualTo(Errno.EINVAL);
    ProgramArray without = rig.array(3);
    without.set(0, none);
    assertThat(errno(() -> without.set(0, same))).isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> without.set(0, noneButJumps))).isZero();
  }

  @Test
  @Check(31)
  void theKindStaysWhenTheArrayIsEmptied() {
    ProgramArray array = rig.array(3);
    LoadedProgram foreign = rig.returning(CLS, 1);
    try (LoadedProgram first = rig.returning(XDP, 1)) {
      array.set(0, first);
    }
    array.remove(0);
    assertThat(array.ids()).isEmpty();
    assertThat(errno(() -> array.set(0, foreign))).isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> array.set(0, rig.returning(XDP, 1)))).isZero();
  }

  @Test
  @Check(32)
  void programsThatOverrideReturnsAreNotInserted() {
    LoadedProgram overriding;
    try {
      overriding = rig.load(KPROBE, "r2 = 0\ncall bpf_override_return#58\nr0 = 0\nexit");
    } catch (RejectedException refused) {
      Assumptions.abort("a kernel without CONFIG_BPF_KPROBE_OVERRIDE has no such programs");
      throw refused;
    }
    ProgramArray array = rig.array(3);
    assertThat(errno(() -> array.set(0, overriding))).isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> array.set(0, rig.returning(SKB, 0))))
        .as("it has not become the kind")
        .isZero();
  }

  /** Device and CPU maps run programs, too; of a device hash only its programs are compared. */
  @Test
  @Check({24, 28})
  void mapsOfTargetsHaveAKind() {
    for (MapType type : List.of(MapType.DEVMAP, MapType.DEVMAP_HASH, MapType.CPUMAP)) {
      boolean cpus = type == MapType.CPUMAP;
      int attach = (cpus ? AttachType.XDP_CPUMAP : AttachType.XDP_DEVMAP).number();
      int firstWord = cpus ? 192 : 1;
      LoadedProgram plain = rig.returning(XDP.attachType(attach), 1);
      LoadedProgram frags = rig.returning(XDP.attachType(attach).flags(XDP_HAS_FRAGS), 1);
      byte[] plainValue = Engines.u32(firstWord, plain.slotValue());
      byte[] fragsValue = Engines.u32(firstWord, frags.slotValue());
      String user = "r1 = map[0]\nr2 = 0\nr3 = 0\ncall bpf_redirect_map#51\nexit";
      boolean usersCount = type != MapType.DEVMAP_HASH;
      BpfMap used = rig.map(MapSpec.of("targets", type, 4, 8, 2, 0));
      rig.load(XDP, user, used);
      List<Integer> errnos = new ArrayList<>();
      errnos.add(errno(() -> used.update(Engines.u32(0), plainValue, 0)));
      errnos.add(errno(() -> used.update(Engines.u32(1), fragsValue, 0)));
      errnos.add(errno(() -> rig.load(XDP.flags(XDP_HAS_FRAGS), user, used)));
      BpfMap filled = rig.map(MapSpec.of("targets", type, 4, 8, 2, 0));
      errnos.add(errno(() -> filled.update(Engines.u32(0), fragsValue, 0)));
      errnos.add(errno(() -> rig.load(XDP, user, filled)));
      errnos.add(errno(() -> rig.load(XDP.flags(XDP_HAS_FRAGS), user, filled)));
      assertThat(errnos)
          .as(type.text())
          .containsExactly(
              0,
              cpus ? Errno.ENOMEM : Errno.EINVAL,
              usersCount ? Errno.EINVAL : 0,
              0,
              usersCount ? Errno.EINVAL : 0,
              0);
    }
  }
}

package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfKind;
import dev.skep.btf.BtfType;
import dev.skep.program.AttachType;
import dev.skep.program.FuncInfo;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How loads go on where a kernel lacks something. */
class OldKernelTest {
  private final OldKernel kernel = new OldKernel();
  private final KernelEngine engine = KernelEngine.over(kernel, 1);

  private static Program program(String name, AttachType attach, boolean types) {
    BtfBuilder builder = BtfBuilder.create();
    int integer = builder.add(new BtfType.Int("int", 4, 1, 0, 32));
    int proto = builder.add(new BtfType.FuncProto(integer, List.of()));
    int main = builder.add(new BtfType.Func("main", proto, BtfType.FUNC_GLOBAL));
    builder.add(new BtfType.Float("float", 4));
    builder.add(new BtfType.DeclTag("tag", main, -1, false));
    builder.add(new BtfType.TypeTag("user", integer, false));
    builder.add(new BtfType.Enum64("e", 8, false, List.of(new BtfType.Enumerator("A", 1))));
    int variable = builder.add(new BtfType.Var("x", integer, 1));
    builder.add(new BtfType.DataSec(".data", 4, List.of(new BtfType.SectionVar(variable, 0, 4))));
    return new Program(
        name,
        "",
        ProgramType.XDP,
        attach.number(),
        0,
        "GPL",
        FeatureProbes.RETURN_0,
        List.of(),
        List.of(new FuncInfo(0, main)),
        List.of(),
        types ? builder.build() : null,
        null);
  }

  /** The last loaded BTF is the program's: probes load theirs before. */
  private int kindOf(int id) {
    return kernel.types.getLast().kind(id);
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT, 16, 4, 4",
    "DECL_TAG, 17, 5, 1",
    "TYPE_TAG, 18, 6, 10",
    "ENUM64, 19, 7, 5",
    "DATASEC, 15, 9, 4",
  })
  void kindsThatTheKernelLacks(String kind, int unknown, int id, int replacement) {
    kernel.unknownKinds.add(unknown);
    try (KernelVerdict verdict = engine.judge(program("p", AttachType.XDP, true), List.of(), 0)) {
      assertThat(verdict.accepted()).as(kind).isTrue();
      assertThat(kindOf(id)).isEqualTo(replacement);
      assertThat(kernel.lastBtf).isPositive();
    }
    assertThat(kernel.open).isEmpty();
  }

  @Test
  void functionsThatTheKernelLacks() {
    kernel.unknownKinds.addAll(List.of(BtfKind.FUNC, BtfKind.FUNC_PROTO));
    try (KernelVerdict verdict = engine.judge(program("p", AttachType.XDP, true), List.of(), 0)) {
      assertThat(verdict.accepted()).isTrue();
      assertThat(kindOf(3)).isEqualTo(BtfKind.TYPEDEF);
      assertThat(kindOf(2)).isEqualTo(BtfKind.ENUM);
    }
  }

  @Test
  void globalFunctionsThatTheKernelLacks() {
    kernel.refusesGlobalFunctions = true;
    try (KernelVerdict verdict = engine.judge(program("p", AttachType.XDP, true), List.of(), 0)) {
      assertThat(verdict.accepted()).isTrue();
      assertThat(kernel.types.getLast().vlen(3)).isEqualTo(BtfType.FUNC_STATIC);
    }
  }

  @Test
  void kernelWithoutBtf() {
    kernel.unknownKinds.add(BtfKind.INT);
    try (KernelVerdict verdict = engine.judge(program("p", AttachType.XDP, true), List.of(), 0)) {
      assertThat(verdict.accepted()).isTrue();
      assertThat(kernel.lastBtf).isZero();
    }
  }

  @Test
  void namesAreLeftOutWhereTheyAreUnknown() {
    kernel.knowsNames = false;
    try (KernelVerdict verdict = engine.judge(program("p", AttachType.XDP, false), List.of(), 0)) {
      assertThat(verdict.accepted()).isTrue();
      assertThat(kernel.lastName).isEmpty();
    }
  }

  @Test
  void attachTypesAreLeftOutWhereThereIsOnlyOne() {
    kernel.knowsAttachTypes = false;
    try (KernelVerdict verdict = engine.judge(program("p", AttachType.XDP, false), List.of(), 0)) {
      assertThat(verdict.accepted()).isTrue();
    }
    Program other = program("p", AttachType.XDP_DEVMAP, false);
    try (KernelVerdict verdict = engine.judge(other, List.of(), 0)) {
      assertThat(verdict.accepted()).isFalse();
    }
  }

  @Test
  void namesAreMadeValid() {
    engine.load(program("my-prog: a long name", AttachType.XDP, false), List.of()).close();
    assertThat(kernel.lastName).isEqualTo("my_prog__a_long");
  }

  @Test
  void logDoublesWhereTheKernelDoesNotTellItsSize() {
    kernel.tellsLogSize = false;
    kernel.log = "x".repeat(3 << 20);
    try (KernelVerdict verdict = engine.judge(program("p", AttachType.XDP, false), List.of(), 2)) {
      assertThat(verdict.accepted()).isTrue();
      assertThat(verdict.log()).isEqualTo(kernel.log);
    }
    assertThat(kernel.loads).isEqualTo(3);
    assertThat(kernel.open).isEmpty();
  }

  /** Kernels before 5.16 take 16 MiB: a longer log comes cut, and the answer says so. */
  @Test
  void logThatIsTooLongForTheKernelIsKnownToBeCut() {
    kernel.tellsLogSize = false;
    kernel.maxLogBytes = 1 << 20;
    kernel.log = "x".repeat(3 << 20);
    try (KernelVerdict verdict = engine.judge(program("p", AttachType.XDP, false), List.of(), 2)) {
      assertThat(verdict.accepted()).isFalse();
      assertThat(verdict.log()).hasSize((1 << 20) - 1);
      assertThat(verdict.logBytes()).isGreaterThan(1 << 20);
    }
  }

  @Test
  void lockedMemoryIsRaised() {
    kernel.memlock = 65_536;
    engine.load(program("p", AttachType.XDP, false), List.of()).close();
    assertThat(kernel.memlock).isEqualTo(-1);
  }
}

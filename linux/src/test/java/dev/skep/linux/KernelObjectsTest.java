package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.isa.InsnWord;
import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the running kernel says of programs, maps and BTF, by descriptor and by number. */
class KernelObjectsTest {
  private final KernelObjects objects = KernelObjects.host();

  @BeforeEach
  void needsBpf() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
  }

  /** Two functions with a line each: the entry calls the other. */
  private static Program withLines(MapSpec map) {
    BtfBuilder builder = BtfBuilder.create();
    int integer = builder.add(new BtfType.Int("int", 4, 1, 0, 32));
    int proto = builder.add(new BtfType.FuncProto(integer, List.of()));
    int main = builder.add(new BtfType.Func("main_func", proto, BtfType.FUNC_STATIC));
    int sub = builder.add(new BtfType.Func("sub_func", proto, BtfType.FUNC_STATIC));
    int file = builder.string("./a.c");
    int first = builder.string("return sub_func();");
    int second = builder.string("return 2;");
    Btf btf = builder.build();
    long[] insns = {
      InsnWord.of(0x18, 1, 1, 0, 0),
      InsnWord.of(0, 0, 0, 0, 0),
      InsnWord.of(0x85, 0, 1, 0, 1),
      InsnWord.of(0x95, 0, 0, 0, 0),
      InsnWord.of(0xb7, 0, 0, 0, 2),
      InsnWord.of(0x95, 0, 0, 0, 0)
    };
    return new Program(
        "with-lines",
        "",
        ProgramType.SCHED_CLS,
        0,
        0,
        "GPL",
        insns,
        List.of(map),
        List.of(new FuncInfo(0, main), new FuncInfo(4, sub)),
        List.of(
            new LineInfo(0, file, first, 7 << 10 | 3), new LineInfo(4, file, second, 3 << 10 | 1)),
        btf,
        null);
  }

  @Test
  void everythingOfAProgram() {
    MapSpec spec = MapSpec.of("my-flows", MapType.HASH, 4, 8, 16, 0);
    try (KernelEngine engine = Linux.kernel();
        KernelMap map = engine.createMap(spec);
        KernelProgram program = engine.load(withLines(spec), List.of(map))) {
      ProgramInfo info = program.info();
      ProgramInfo.Summary summary = info.summary();
      assertThat(summary.name()).isEqualTo("with_lines");
      assertThat(summary.type()).isEqualTo(ProgramType.SCHED_CLS.number());
      assertThat(summary.tag()).matches("[0-9a-f]{16}");
      assertThat(summary.gplCompatible()).isTrue();
      assertThat(summary.loadTimeNanos()).isPositive();
      assertThat(summary.verifiedInsns()).isPositive();
      assertThat(summary.btfId()).isPositive();
      assertThat(summary.xlatedBytes()).isEqualTo(8 * info.xlated().length);
      assertThat(info.functions()).extracting(FuncInfo::insn).containsExactly(0, 4);
      assertThat(info.lines()).extracting(LineInfo::lineCol).containsExactly(7171, 3073);
      assertThat(info.functionTags()).hasSize(2);
      assertThat(info.mapIds()).containsExactly(map.id());
      assertJited(info);
      assertThat(objects.program(info.id()).orElseThrow().summary()).isEqualTo(summary);
      assertThat(objects.programs()).contains(summary);
      assertThat(map.info().name()).isEqualTo("my_flows");
      assertThat(objects.map(map.id())).hasValue(map.info());
      assertThat(objects.maps()).contains(map.info());
      Btf btf = objects.btf(summary.btfId()).orElseThrow();
      assertThat(btf.name(info.functions().getLast().typeId())).isEqualTo("sub_func");
    }
  }

  /** Each line starts in the function that it belongs to. */
  private static void assertJited(ProgramInfo info) {
    Assumptions.assumeTrue(info.functionAddresses().length == 2, "addresses are hidden here");
    assertThat(info.functionLengths()[0] + info.functionLengths()[1])
        .isEqualTo(info.jited().length);
    for (int i = 0; i < 2; i++) {
      assertThat(info.lineAddresses()[i])
          .isBetween(
              info.functionAddresses()[i], info.functionAddresses()[i] + info.functionLengths()[i]);
    }
  }

  @Test
  void runsAreCountedOnlyWhenAsked() {
    try (KernelEngine engine = Linux.kernel();
        KernelProgram program =
            engine.load(
                Program.of("p", ProgramType.XDP, "GPL", FeatureProbes.RETURN_0, List.of()),
                List.of())) {
      assertThat(program.summary().runs()).isZero();
      assertThat(program.summary().name()).isEqualTo("p");
    }
  }

  @Test
  void kernelsOwnTypesAreThere() {
    BtfInfo vmlinux =
        objects.btfs().stream()
            .filter(info -> info.name().equals("vmlinux"))
            .findFirst()
            .orElseThrow();
    assertThat(vmlinux.kernel()).isTrue();
    Btf types = objects.btf(vmlinux.id()).orElseThrow();
    Btf fromFile = Objects.requireNonNull(KernelBtf.types().vmlinux());
    assertThat(types.typeCount()).isEqualTo(fromFile.typeCount());
  }

  @Test
  void unknownNumbersAreEmpty() {
    assertThat(objects.program(Integer.MAX_VALUE)).isEmpty();
    assertThat(objects.map(Integer.MAX_VALUE)).isEmpty();
    assertThat(objects.btf(Integer.MAX_VALUE)).isEmpty();
    assertThat(objects.link(Integer.MAX_VALUE)).isEmpty();
    assertThat(objects.links()).allSatisfy(link -> assertThat(link.id()).isPositive());
  }
}

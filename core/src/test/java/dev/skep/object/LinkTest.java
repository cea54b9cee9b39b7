package dev.skep.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfKind;
import dev.skep.btf.BtfType;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.program.FuncInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinkTest {
  private static Program link(String object, String program) {
    BpfObject opened = TestObjects.open(object);
    return opened.toProgram(opened.program(program));
  }

  /** The names of the functions in a program, in order. */
  private static List<String> functions(Program program) {
    Btf btf = Objects.requireNonNull(program.btf());
    List<String> names = new ArrayList<>();
    for (FuncInfo info : program.funcInfo()) {
      names.add(btf.name(info.typeId()));
    }
    return names;
  }

  @Test
  void appendsSubprogramsInOrderOfFirstCall() {
    assertThat(functions(link("subprogs", "first"))).containsExactly("first", "middle", "leaf");
    assertThat(functions(link("subprogs", "second")))
        .containsExactly("second", "callback", "leaf", "local_of_section");
    assertThat(functions(link("subprogs", "third"))).containsExactly("third", "leaf");
  }

  @Test
  void callsLandOnFunctionStarts() {
    for (String name : List.of("first", "second", "third")) {
      Program program = link("subprogs", name);
      List<Integer> starts = program.funcInfo().stream().map(FuncInfo::insn).toList();
      int calls = 0;
      for (int i = 0; i < program.insns().length; i++) {
        long word = program.insns()[i];
        boolean call = InsnWord.code(word) == 0x85 && InsnWord.src(word) == 1;
        boolean pointer = InsnWord.code(word) == 0x18 && InsnWord.src(word) == 4;
        if (call || pointer) {
          calls++;
          assertThat(starts).contains(i + 1 + InsnWord.imm(word));
        }
      }
      assertThat(calls).isPositive();
      assertThat(program.lineInfo()).isNotEmpty();
      assertThat(program.lineInfo().stream().map(line -> line.insn()).toList())
          .isSorted()
          .containsAll(starts);
    }
  }

  @Test
  void saysWhatTheSectionSays() {
    BpfObject object = TestObjects.open("subprogs");
    assertThat(object.programs().stream().map(ObjectProgram::name))
        .containsExactly("first", "second", "third");
    ObjectProgram third = object.program("third");
    assertThat(third.section()).isEqualTo("tc");
    assertThat(third.autoload()).isFalse();
    assertThat(third.type()).isEqualTo(ProgramType.SCHED_CLS);
    assertThat(object.program("first").autoload()).isTrue();
    object.autoload("third", true);
    assertThat(third.autoload()).isTrue();
    assertThatThrownBy(() -> object.program("leaf")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void numbersMapsInOrderOfFirstUse() {
    Program program = link("maps", "enter");
    assertThat(program.maps().stream().map(MapSpec::name))
        .containsExactly("flows", "outer", "a_map_with_a_rather_long_name", "jumps");
    List<Integer> used = new ArrayList<>();
    for (long word : program.insns()) {
      if (InsnWord.code(word) == 0x18 && InsnWord.src(word) == 1) {
        used.add(InsnWord.imm(word));
      }
    }
    assertThat(used).containsExactly(0, 1, 2, 3);
  }

  @Test
  void addsSymbolAndAddendOfVariables() {
    BpfObject object = TestObjects.open("globals");
    Program program = object.toProgram(object.programs().getFirst());
    List<String> loads = new ArrayList<>();
    long[] insns = program.insns();
    for (int i = 0; i < insns.length; i++) {
      if (InsnWord.code(insns[i]) == 0x18 && InsnWord.src(insns[i]) == 2) {
        MapSpec map = program.maps().get(InsnWord.imm(insns[i]));
        loads.add(map.name() + "+" + InsnWord.imm(insns[i + 1]));
      }
    }
    assertThat(loads)
        .contains(".data+8", ".data+0", ".bss+0", ".bss+8", ".percpu+0", ".percpu.fmt+0")
        .contains(".rodata.frozen+0", ".data.custom+0", ".bss.later+0");
  }

  @Test
  void linksWithoutBtf() {
    Program program = link("nobtf", "use");
    assertThat(program.btf()).isNull();
    assertThat(program.funcInfo()).isEmpty();
    assertThat(program.lineInfo()).isEmpty();
    assertThat(program.insns()).isEqualTo(link("globals", "use").insns());
  }

  @Test
  void weakExternsResolveToNothing() {
    Program ksym = link("externs", "weak_ksym");
    for (int i = 0; i < ksym.insns().length; i++) {
      if (InsnWord.code(ksym.insns()[i]) == 0x18) {
        assertThat(InsnWord.src(ksym.insns()[i])).isZero();
        assertThat(InsnWord.imm64(ksym.insns()[i], ksym.insns()[i + 1])).isZero();
      }
    }
    int poisoned = 0;
    for (long word : link("externs", "weak_kfunc").insns()) {
      if (InsnWord.code(word) == 0x85 && InsnWord.imm(word) >= 2_002_000_000) {
        poisoned++;
      }
    }
    assertThat(poisoned).isEqualTo(1);
  }

  /** The address of a kernel function is loaded by its type, as libbpf has it. */
  @Test
  void addressesOfKernelFunctionsAreTyped() {
    BtfBuilder kernel = BtfBuilder.create();
    int number = kernel.add(new BtfType.Int("int", 4, 1, 0, 32));
    int proto = kernel.add(new BtfType.FuncProto(0, List.of(new BtfType.Param("n", number))));
    int function = kernel.add(new BtfType.Func("bpf_no_such_kfunc", proto, 0));
    BpfObject object = TestObjects.open("externs");
    object.kernelBtf(kernel.build());
    List<String> found = new ArrayList<>();
    for (long word : object.toProgram(object.program("weak_kfunc")).insns()) {
      if (InsnWord.src(word) >= 2 && InsnWord.imm(word) == function) {
        found.add("%02x src %d".formatted(InsnWord.code(word), InsnWord.src(word)));
      }
    }
    assertThat(found).containsExactly("18 src 3", "85 src 2");
  }

  @Test
  void settingsOfTheKernelAreSetLikeVariables() {
    BpfObject object = TestObjects.open("externs");
    ObjectProgram program = object.program("version");
    assertThatThrownBy(() -> object.toProgram(program))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("extern kconfig 'LINUX_KERNEL_VERSION'");
    object.set("LINUX_KERNEL_VERSION", 0x60c00);
    Program linked = object.toProgram(program);
    MapSpec map = linked.maps().getFirst();
    assertThat(map.name()).isEqualTo(".kconfig");
    assertThat(map.valueSize()).isEqualTo(13);
    assertThat(map.frozen()).isTrue();
    assertThat(map.initial()).containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0c, 0x06, 0, 0);
    assertThat(InsnWord.imm(linked.insns()[1])).isEqualTo(12);
    assertThat(InsnWord.imm(linked.insns()[4])).isEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource({
    "externs, strong_kconfig, kconfig 'CONFIG_HZ'",
    "externs, strong_ksym, ksym 'bpf_prog_active'",
    "externs, strong_kfunc, kfunc 'bpf_rcu_read_lock'",
    "core, relocate, CO-RE relocation (byte_off) at insn",
    "subprogs-be, first, big-endian",
  })
  void namesWhatIsMissing(String object, String program, String what) {
    assertThatThrownBy(() -> link(object, program))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("program \"" + program + "\"")
        .hasMessageContaining(what);
  }

  @Test
  void localTypeIdNeedsNoKernel() {
    Program program = link("core", "local_only");
    Btf btf = Objects.requireNonNull(program.btf());
    assertThat(InsnWord.imm(program.insns()[0]))
        .isEqualTo(btf.find("no_such_struct", BtfKind.STRUCT));
  }

  @Test
  void aBigEndianObjectListsItsPrograms() {
    BpfObject object = TestObjects.open("subprogs-be");
    assertThat(object.isBigEndian()).isTrue();
    assertThat(object.programs().stream().map(ObjectProgram::name))
        .containsExactly("first", "second", "third");
    assertThat(object.maps().getFirst().spec().valueSize()).isEqualTo(8);
  }
}

package dev.skep.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import dev.skep.program.ProgramType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;

class BrokenObjectTest {
  /** An object's bytes with names for the places that a case breaks. */
  static final class Patch {
    final ByteBuffer bytes;
    final ElfFile elf;

    Patch(String name) {
      byte[] original = TestObjects.bytes(name);
      bytes = ByteBuffer.wrap(original).order(ByteOrder.LITTLE_ENDIAN);
      elf = ElfFile.parse(original);
    }

    ElfFile.Section section(String name) {
      return elf.sections().stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
    }

    /** Offset of a section's header. */
    int header(String name) {
      return (int) bytes.getLong(40) + 64 * section(name).index();
    }

    /** Offset of a section's data. */
    int data(String name) {
      return (int) section(name).offset();
    }

    /** Offset of a symbol. */
    int symbol(String name) {
      int index =
          elf.symbols().stream()
              .filter(s -> s.name().equals(name))
              .findFirst()
              .orElseThrow()
              .index();
      return data(".symtab") + 24 * index;
    }
  }

  private static Arguments broken(String what, Consumer<Patch> change, String message) {
    return Arguments.of(what, change, message);
  }

  static final List<Arguments> CASES =
      List.of(
          broken("class", p -> p.bytes.put(4, (byte) 1), "elf: not a 64-bit ELF object"),
          broken(
              "byte order",
              p -> p.bytes.put(5, (byte) 3),
              "elf: not a proper ELF object: bad byte order or version"),
          broken(
              "machine",
              p -> p.bytes.putShort(18, (short) 62),
              "elf: not a valid eBPF object file: type 1, machine 62"),
          broken(
              "type",
              p -> p.bytes.putShort(16, (short) 2),
              "elf: not a valid eBPF object file: type 2, machine 247"),
          broken(
              "section headers",
              p -> p.bytes.putLong(40, 1L << 40),
              "elf: section headers at 0x10000000000 of 0x40 bytes ends outside of the file"),
          broken(
              "section names",
              p -> p.bytes.putShort(62, (short) 999),
              "elf: section names at index 999 of no section"),
          broken(
              "section data",
              p -> p.bytes.putLong(p.header("license") + 24, 1L << 33),
              "at 0x200000000 of 0x4 bytes ends outside of the file"),
          broken(
              "no symbols",
              p -> p.bytes.putInt(p.header(".symtab") + 4, 1),
              "elf: no symbol table, stripped object file?"),
          broken(
              "symbol names",
              p -> p.bytes.putInt(p.header(".symtab") + 40, 2),
              "elf: symbol names at index 2 of no strings"),
          broken(
              "symbol table size",
              p -> p.bytes.putLong(p.header(".symtab") + 32, 25),
              "elf: symbol table of 25 bytes"),
          broken(
              "relocated section",
              p -> p.bytes.putInt(p.header(".relxdp") + 44, 500),
              "section \".relxdp\" relocates section 500 of"),
          broken(
              "relocation's symbol",
              p -> p.bytes.putInt(p.data(".relxdp") + 12, 5000),
              "elf: section \".relxdp\": relocation #0 against symbol 5000 of"),
          broken(
              "relocation's offset",
              p -> p.bytes.putLong(p.data(".relxdp") + 16, 12),
              "section \".relxdp\": relocation #1: invalid offset 0xc"),
          broken(
              "symbol's section",
              p -> p.bytes.putShort(p.symbol("calls") + 6, (short) 0xfff2),
              "pointing to invalid section 0xfff2"),
          broken(
              "empty program",
              p -> p.bytes.putLong(p.symbol("first") + 16, 0),
              "section \"xdp\": corrupted program \"first\", offset"),
          broken(
              "program's end",
              p -> p.bytes.putLong(p.symbol("first") + 16, 1 << 20),
              "section \"xdp\": program \"first\" crosses section boundary at"),
          broken(
              "license",
              p -> p.bytes.putInt(p.header("license") + 4, 8),
              "section \"license\": invalid license section"));

  @ParameterizedTest(name = "{0}")
  @FieldSource("CASES")
  void isRefusedInOneLine(String what, Consumer<Patch> change, String message) {
    Patch patch = new Patch("subprogs");
    change.accept(patch);
    assertThatThrownBy(() -> BpfObject.open("x", patch.bytes.array()))
        .as(what)
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining(message);
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] whole = TestObjects.bytes("globals");
    for (int length = 0; length < whole.length; length += length < 128 ? 1 : 61) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> BpfObject.open("x", part)).isInstanceOf(MalformedException.class);
    }
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> BpfObject.open(Path.of("/nowhere/x.o")))
        .isInstanceOf(MalformedException.class)
        .hasMessage("/nowhere/x.o: no such file");
  }

  @Test
  void relocationTypesDoNotMatter() {
    Patch patch = new Patch("subprogs");
    patch.bytes.putInt(patch.data(".relxdp") + 8, 99);
    BpfObject object = BpfObject.open("x", patch.bytes.array());
    assertThat(object.toProgram(object.program("first")).insns()).isNotEmpty();
  }

  @Test
  void mistakesOfOneProgramLeaveTheOthers() {
    Patch patch = new Patch("subprogs");
    int slot = patch.data("xdp") + (int) patch.bytes.getLong(patch.data(".relxdp"));
    patch.bytes.put(slot, (byte) 0xb7);
    BpfObject object = BpfObject.open("x", patch.bytes.array());
    assertThatThrownBy(() -> object.toProgram(object.program("first")))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining("program \"first\": invalid relo against")
        .hasMessageContaining("code 0xb7");
    assertThat(object.toProgram(object.program("third")).insns()).isNotEmpty();
  }

  @Test
  void typesThatNobodyNeedsMayBeBroken() {
    Patch globals = new Patch("globals");
    globals.bytes.putShort(globals.data(".BTF"), (short) 0);
    BpfObject object = BpfObject.open("x", globals.bytes.array());
    assertThat(object.btf()).isEmpty();
    assertThat(object.toProgram(object.program("use")).funcInfo()).isEmpty();

    Patch maps = new Patch("maps");
    maps.bytes.putShort(maps.data(".BTF"), (short) 0);
    assertThatThrownBy(() -> BpfObject.open("x", maps.bytes.array()))
        .isInstanceOf(MalformedException.class)
        .hasMessage(
            "section \".maps\": BTF is required, but is missing or corrupted: btf at 0x0: bad magic"
                + " 0x0");
  }

  @Test
  void unknownSectionNamesNeedAType() {
    BpfObject object = BpfObject.open("x", TestObjects.bytes("legacy"), OpenOptions.DEFAULT);
    ObjectProgram program = object.program("legacy");
    program.type(ProgramType.UNSPEC, 0);
    assertThatThrownBy(() -> object.toProgram(program))
        .isInstanceOf(MalformedException.class)
        .hasMessage(
            "program \"legacy\": missing BPF prog type, check ELF section name 'xdp_legacy'");
    program.type(ProgramType.XDP, 0);
    assertThat(object.toProgram(program).type()).isEqualTo(ProgramType.XDP);
  }
}

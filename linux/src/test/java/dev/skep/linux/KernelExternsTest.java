package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.BpfMap;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.TestRun;
import dev.skep.errors.MalformedException;
import dev.skep.object.BpfObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings, symbols and functions of the kernel in an object, on the running kernel. */
class KernelExternsTest {
  private static BpfObject object() {
    try (InputStream in = KernelExternsTest.class.getResourceAsStream("/load/externs.bpf.o")) {
      return BpfObject.open("externs", Objects.requireNonNull(in).readAllBytes());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void needsBpf() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    Assumptions.assumeTrue(KernelBtf.types().vmlinux() != null, "needs the kernel's BTF");
    Assumptions.assumeFalse(
        KernelFacts.read().config().values().isEmpty(), "needs the kernel's configuration");
  }

  private static long answer(LoadedObject loaded, int index) {
    BpfMap bss = loaded.map(".bss");
    byte[] bytes = Objects.requireNonNull(bss.lookup(new byte[4]));
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(8 * index);
  }

  private static int run(LoadedObject loaded, String program) {
    return loaded.program(program).testRun(TestRun.of(new byte[64])).retval();
  }

  @Test
  void everythingIsResolved() {
    needsBpf();
    KernelFacts facts = KernelFacts.read();
    try (KernelEngine engine = Linux.kernel();
        LoadedObject loaded = engine.load(object())) {
      assertThat(run(loaded, "settings")).isZero();
      assertThat(answer(loaded, 0)).isEqualTo(KernelVersion.code(facts.release()));
      assertThat(answer(loaded, 1)).isEqualTo(facts.config().number("CONFIG_HZ").orElseThrow());
      assertThat(answer(loaded, 2)).isEqualTo(1);
      assertThat(answer(loaded, 3)).isEqualTo(1);
      assertThat(answer(loaded, 4)).isEqualTo('y');
      assertThat(answer(loaded, 5)).isZero();
      assertThat(answer(loaded, 6)).isEqualTo(1);
      assertThat(run(loaded, "addresses")).isEqualTo(1);
      long address = KernelSymbolTable.host().find("bpf_prog_free").orElseThrow();
      assertThat(answer(loaded, 7)).isEqualTo(address);
      assertThat(answer(loaded, 8)).isZero();
      assertThat(run(loaded, "functions")).isEqualTo(7);
    }
  }

  /** The kernel keeps the BTF, declarations included: without it there are no function names. */
  @Test
  void typesAreLoadedToo() {
    needsBpf();
    try (KernelEngine engine = Linux.kernel();
        LoadedObject loaded = engine.load(object())) {
      KernelProgram program = (KernelProgram) loaded.program("functions");
      assertThat(program.summary().btfId()).isPositive();
      assertThat(program.info().lines()).isNotEmpty();
    }
  }

  @Test
  void whatTheUserSetStays() {
    BpfObject object = object();
    object.set("CONFIG_HZ", 77);
    KernelExterns.resolve(object);
    assertThat(object.openSettings()).noneMatch(s -> s.name().equals("CONFIG_HZ"));
    byte[] image = Objects.requireNonNull(object.map(".kconfig").initial());
    int offset =
        object.variables().stream()
            .filter(v -> v.name().equals("CONFIG_HZ"))
            .findFirst()
            .orElseThrow()
            .offset();
    assertThat(image[offset]).isEqualTo((byte) 77);
  }

  @ParameterizedTest
  @CsvSource({
    "6.18.44-more, 397868",
    "5.4, 328704",
    "4.19.325+, 267263",
    "unknown, 0",
  })
  void versions(String release, int code) {
    assertThat(KernelVersion.code(release)).isEqualTo(code);
  }

  @Test
  void symbolTable(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("kallsyms");
    Files.writeString(
        file,
        """
        ffffffff81000000 T _stext
        ffffffff81000010 d twice
        ffffffff81000020 d twice
        ffffffff81000030 d cut.llvm.123
        ffffffffc0000000 t of_module\t[mod]
        garbage
        """);
    KernelSymbolTable table = new KernelSymbolTable(file);
    assertThat(table.find("_stext")).hasValue(0xffffffff81000000L);
    assertThat(table.find("cut")).hasValue(0xffffffff81000030L);
    assertThat(table.find("of_module")).hasValue(0xffffffffc0000000L);
    assertThat(table.find("nothing")).isEmpty();
    assertThatThrownBy(() -> table.find("twice"))
        .isInstanceOf(MalformedException.class)
        .hasMessage("extern (ksym) 'twice': resolution is ambiguous");
  }
}

package dev.skep.linux.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Symbols of libraries that are made here, byte by byte, and of broken ones. */
class ElfSymbolsTest {
  private static final int WEAK = 0x22;
  private static final int GLOBAL = 0x12;
  private static final int OBJECT = 0x11;

  @TempDir private Path directory;

  private record Symbol(String name, int info, int section, long value, int version) {}

  /** Sections: 1 code (address 0x1000, offset 0x100), 2 symbols, 3 strings, 4 and 5 versions. */
  private static byte[] library(int symbolType, ByteOrder order, List<Symbol> symbols) {
    StringBuilder names = new StringBuilder("\0V_1\0V_2\0");
    ByteBuffer out = ByteBuffer.allocate(0x2000).order(order);
    ByteBuffer table = ByteBuffer.allocate(24 * symbols.size()).order(order);
    ByteBuffer versions = ByteBuffer.allocate(2 * symbols.size()).order(order);
    for (Symbol symbol : symbols) {
      table.putInt(names.length()).put((byte) symbol.info()).put((byte) 0);
      table.putShort((short) symbol.section()).putLong(symbol.value()).putLong(8);
      versions.putShort((short) symbol.version());
      names.append(symbol.name()).append('\0');
    }
    ByteBuffer definitions = ByteBuffer.allocate(56).order(order);
    for (int i = 0; i < 2; i++) {
      definitions.putShort((short) 1).putShort((short) 0).putShort((short) (i + 2));
      definitions.putShort((short) 1).putInt(0).putInt(20).putInt(i == 0 ? 28 : 0);
      definitions.putInt(i == 0 ? 1 : 5).putInt(0);
    }
    out.put(new byte[] {0x7f, 'E', 'L', 'F', 2, (byte) (order == ByteOrder.BIG_ENDIAN ? 2 : 1), 1});
    out.putLong(40, 0x40).putShort(58, (short) 64).putShort(60, (short) 6);
    byte[] strings = names.toString().getBytes(StandardCharsets.UTF_8);
    section(out, 1, 1, 0x1000, 0x100, 0x100, 0);
    section(out, 2, symbolType, 0, 0x400, table.capacity(), 3);
    section(out, 3, 3, 0, 0x800, strings.length, 0);
    section(out, 4, 0x6fffffff, 0, 0xc00, versions.capacity(), 2);
    section(out, 5, 0x6ffffffd, 0, 0xd00, definitions.capacity(), 3);
    out.put(0x400, table.array()).put(0x800, strings);
    out.put(0xc00, versions.array()).put(0xd00, definitions.array());
    return out.array();
  }

  private static void section(
      ByteBuffer out, int index, int type, long address, long offset, long size, int link) {
    int at = 0x40 + 64 * index;
    out.putInt(at + 4, type).putLong(at + 16, address).putLong(at + 24, offset);
    out.putLong(at + 32, size).putInt(at + 40, link);
  }

  private static final List<Symbol> SYMBOLS =
      List.of(
          new Symbol("", 0, 0, 0, 0),
          new Symbol("plain", GLOBAL, 1, 0x1010, 1),
          new Symbol("data", OBJECT, 1, 0x1014, 1),
          new Symbol("imported", GLOBAL, 0, 0, 0),
          new Symbol("twice", GLOBAL, 1, 0x1020, 0x8002),
          new Symbol("twice", GLOBAL, 1, 0x1030, 3),
          new Symbol("strong", WEAK, 1, 0x1040, 1),
          new Symbol("strong", GLOBAL, 1, 0x1050, 1),
          new Symbol("alias", GLOBAL, 1, 0x1010, 1));

  private Path file(byte[] bytes) throws IOException {
    Path file = directory.resolve("lib.so");
    Files.write(file, bytes);
    return file;
  }

  @Test
  void functionsLieInTheFile() throws IOException {
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      Path library = file(library(11, order, SYMBOLS));
      assertThat(ElfSymbols.fileOffset(library, "plain")).isEqualTo(0x110);
      assertThat(ElfSymbols.fileOffset(library, "alias")).isEqualTo(0x110);
      assertThat(ElfSymbols.fileOffset(library, "strong")).isEqualTo(0x150);
      assertThat(ElfSymbols.fileOffset(library, "twice@V_1")).isEqualTo(0x120);
      assertThat(ElfSymbols.fileOffset(library, "twice@@V_2")).isEqualTo(0x130);
    }
  }

  @Test
  void missingAndAmbiguousFunctions() throws IOException {
    Path library = file(library(11, ByteOrder.LITTLE_ENDIAN, SYMBOLS));
    for (String name : List.of("data", "imported", "nothing", "plain@V_1", "twice@V_3", "")) {
      assertThatThrownBy(() -> ElfSymbols.fileOffset(library, name))
          .as(name)
          .isInstanceOf(MalformedException.class)
          .hasMessage(library + ": elf: no function \"" + name + "\"");
    }
    assertThatThrownBy(() -> ElfSymbols.fileOffset(library, "twice"))
        .isInstanceOf(MalformedException.class)
        .hasMessageEndingWith(
            "function \"twice\" is there twice; give its version as name@VERSION");
  }

  @Test
  void patternsFindEachPlaceOnce() throws IOException {
    Path library = file(library(2, ByteOrder.LITTLE_ENDIAN, SYMBOLS));
    assertThat(ElfSymbols.functions(library, new Glob("*l*")::matches))
        .extracting(ElfSymbols.Function::offset)
        .containsExactly(0x110L);
    assertThat(ElfSymbols.functions(library, new Glob("t?ice")::matches)).hasSize(2);
    assertThat(ElfSymbols.functions(library, new Glob("t?")::matches)).isEmpty();
  }

  @Test
  void globs() {
    record Case(String pattern, String text, boolean matches) {}
    List<Case> cases = new ArrayList<>();
    cases.add(new Case("*", "", true));
    cases.add(new Case("", "", true));
    cases.add(new Case("?", "", false));
    cases.add(new Case("tcp_*", "tcp_v4_rcv", true));
    cases.add(new Case("tcp_*", "tc", false));
    cases.add(new Case("*_rcv", "tcp_v4_rcv", true));
    cases.add(new Case("*a*b", "xaxbxb", true));
    cases.add(new Case("*a*b", "xaxbxc", false));
    cases.add(new Case("a**b", "ab", true));
    cases.add(new Case("a?c", "abc", true));
    cases.add(new Case("a?c", "ac", false));
    for (Case c : cases) {
      assertThat(new Glob(c.pattern()).matches(c.text())).as(c.toString()).isEqualTo(c.matches());
    }
  }

  /** Every mutation of a library is read, or refused as malformed: nothing else. */
  @Test
  void mutatedLibrariesNeverBreakTheReader() throws IOException {
    Random random = new Random(20_252);
    byte[] seed = library(11, ByteOrder.LITTLE_ENDIAN, SYMBOLS);
    int refused = 0;
    for (int round = 0; round < 1000; round++) {
      byte[] bytes = seed.clone();
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        int at =
            switch (random.nextInt(4)) {
              case 0 -> random.nextInt(0x40);
              case 1 -> 0x40 + random.nextInt(64 * 6);
              case 2 -> 0x400 + random.nextInt(24 * SYMBOLS.size());
              default -> 0xc00 + random.nextInt(0x180);
            };
        bytes[at] = (byte) random.nextInt(256);
      }
      Path library =
          file(
              random.nextInt(8) == 0
                  ? java.util.Arrays.copyOf(bytes, random.nextInt(0x400))
                  : bytes);
      try {
        ElfSymbols.functions(library, name -> true);
        ElfSymbols.fileOffset(library, "twice@V_2");
      } catch (MalformedException expected) {
        refused++;
      }
    }
    assertThat(refused).isBetween(100, 950);
  }

  @Test
  void theCLibraryOfThisMachine() {
    Assumptions.assumeTrue(System.getProperty("os.name", "").equals("Linux"), "no linux");
    Path libc = BinaryPath.resolve("libc.so.6", "test");
    assertThat(ElfSymbols.fileOffset(libc, "getpid")).isPositive();
  }
}

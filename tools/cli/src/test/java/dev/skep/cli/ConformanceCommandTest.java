package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.interp.Trap;
import dev.skep.isa.Assembler;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class ConformanceCommandTest {
  private static String hex(String text) {
    StringBuilder out = new StringBuilder();
    for (long slot : Assembler.assemble(text)) {
      for (int i = 0; i < 8; i++) {
        out.append("%02x ".formatted(slot >>> 8 * i & 0xff));
      }
    }
    return out.toString();
  }

  @Test
  void memoryAndItsLengthArrive() {
    String program = hex("r0 = *(u8 *)(r1 +2)\nr0 <<= 8\nr0 |= r2\nexit");
    assertThat(ConformanceCommand.evaluate(program, "aa bb cc")).isEqualTo(0xcc03);
    assertThat(ConformanceCommand.evaluate(hex("r0 = r1\nr0 += r2\nexit"), "")).isZero();
  }

  @Test
  void printsR0InHex() {
    StringWriter out = new StringWriter();
    int status =
        new CommandLine(new ConformanceCommand())
            .setOut(new PrintWriter(out))
            .execute("00 01", "--program", hex("r0 = -2\nexit"));
    assertThat(status).isZero();
    assertThat(out.toString()).isEqualToIgnoringNewLines("fffffffffffffffe");
  }

  @Test
  void badInputIsNamed() {
    assertThatThrownBy(() -> ConformanceCommand.evaluate("9500", ""))
        .isInstanceOf(MalformedException.class)
        .hasMessage("program: 2 bytes are no whole slots");
    assertThatThrownBy(() -> ConformanceCommand.evaluate(hex("call #77\nexit"), ""))
        .isInstanceOf(UnsupportedException.class)
        .hasMessage("conformance plugin: helper #77");
    String outside = hex("r0 = *(u8 *)(r1 +3)\nexit");
    assertThatThrownBy(() -> ConformanceCommand.evaluate(outside, "aabbcc"))
        .isInstanceOf(Trap.class);
  }

  /**
   * The whole suite, from a file with a line per test: name, memory, expected R0, expected error,
   * program; hex, tabs between. Named by {@code -Dskep.conformance.cases}.
   */
  @Test
  void theSuitePasses() {
    String file = System.getProperty("skep.conformance.cases");
    Assumptions.assumeTrue(file != null, "no file of cases (-Dskep.conformance.cases)");
    List<String> failures = new ArrayList<>();
    for (String line : lines(Path.of(file))) {
      String[] fields = line.split("\t", -1);
      try {
        String r0 = Long.toHexString(ConformanceCommand.evaluate(fields[4], fields[1]));
        if (!r0.equals(fields[2])) {
          failures.add(fields[0] + ": " + r0 + " instead of " + fields[2]);
        }
      } catch (MalformedException | UnsupportedException e) {
        // call by register has no place in RFC 9669, and Linux knows it as "unknown opcode 8d".
        if (!fields[4].contains("8d02000000000000")) {
          failures.add(fields[0] + ": " + e.getMessage());
        }
      }
    }
    assertThat(failures).isEmpty();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

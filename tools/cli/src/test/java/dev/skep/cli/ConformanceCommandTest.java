package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import dev.skep.errors.RejectedException;
import dev.skep.errors.SkepException;
import dev.skep.errors.UnsupportedException;
import dev.skep.interp.Trap;
import dev.skep.isa.Assembler;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
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
  void verifiedProgramsRunOnTheEngines() {
    String program = hex("r0 = *(u8 *)(r1 +2)\nr0 <<= 40\nr0 |= r2\nexit");
    try (Vm interp = Vm.interp(VmOptions.ofCpus(1))) {
      assertThat(ConformanceCommand.evaluate(interp, program, "aabbcc")).isEqualTo(0xcc0000000003L);
      assertThat(ConformanceCommand.evaluate(interp, hex("r0 = -2\nexit"), "")).isEqualTo(-2);
      String outside = hex("r0 = *(u8 *)(r1 +3)\nexit");
      assertThatThrownBy(() -> ConformanceCommand.evaluate(interp, outside, "aabbcc"))
          .isInstanceOf(RejectedException.class)
          .hasMessageContaining("R1 offset is outside of the packet");
    }
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
  void theSuitePassesInTheInterpreter() {
    List<String> failures = failures(ConformanceCommand::evaluate);
    // Call by register has no place in RFC 9669, and Linux knows it as "unknown opcode 8d".
    assertThat(failures).hasSize(1);
    assertThat(failures.getFirst()).contains("callx").contains("no instruction 0x28d");
  }

  /** What the verifier lets through, as Linux does, has the expected result on each engine. */
  @Test
  void theSuitePassesVerified() {
    Assumptions.assumeTrue(System.getProperty("os.arch").equals("amd64"), "no JIT");
    try (Vm interp = Vm.interp(VmOptions.ofCpus(1));
        Vm jit = Vm.jit(VmOptions.ofCpus(1))) {
      for (Vm engine : List.of(interp, jit)) {
        List<String> failures =
            failures((program, memory) -> ConformanceCommand.evaluate(engine, program, memory));
        assertThat(failures)
            .as(engine.name())
            .hasSize(13)
            .allMatch(f -> f.contains("invalid shift") || f.contains("unknown opcode 8d"));
      }
    }
  }

  private interface Evaluation {
    long r0(String program, String memory);
  }

  private static List<String> failures(Evaluation evaluation) {
    String file = System.getProperty("skep.conformance.cases");
    Assumptions.assumeTrue(file != null, "no file of cases (-Dskep.conformance.cases)");
    List<String> failures = new ArrayList<>();
    for (String line : lines(Path.of(file))) {
      String[] fields = line.split("\t", -1);
      try {
        String r0 = Long.toHexString(evaluation.r0(fields[4], fields[1]));
        if (!r0.equals(fields[2])) {
          failures.add(fields[0] + ": " + r0 + " instead of " + fields[2]);
        }
      } catch (SkepException e) {
        failures.add(fields[0] + ": " + e.getMessage());
      }
    }
    return failures;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

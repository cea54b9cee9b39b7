package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.UnsupportedException;
import dev.skep.fuzz.ProgramGenerator;
import dev.skep.jit.MachineCode;
import dev.skep.jit.OfflineLinkage;
import dev.skep.jit.arm64.A64Disassembler;
import dev.skep.jit.arm64.A64Jit;
import dev.skep.jit.arm64.A64Layout;
import dev.skep.program.Program;
import dev.skep.rewrite.JitTarget;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Words of generated programs have the text that LLVM prints. */
final class ArmDisassemblyTest {
  private static final int PROGRAMS = Integer.getInteger("skep.generated", 100);
  private static final List<String> TOOLS = List.of("/usr/bin/llvm-mc-19", "/usr/bin/llvm-mc");

  @TempDir Path directory;

  @Test
  void textIsLlvms() throws IOException, InterruptedException {
    String tool =
        TOOLS.stream().filter(name -> Files.isExecutable(Path.of(name))).findFirst().orElse("");
    Assumptions.assumeFalse(tool.isEmpty(), "llvm-mc is not installed");
    List<Integer> words = List.copyOf(words());
    List<String> ours = new ArrayList<>();
    for (int word : words) {
      StringBuilder text = new StringBuilder();
      A64Disassembler.append(text, word, -1);
      ours.add(text.toString());
    }
    assertThat(words).hasSizeGreaterThan(500);
    assertThat(ours).isEqualTo(llvm(tool, words));
  }

  private static Set<Integer> words() {
    Set<Integer> words = new TreeSet<>();
    for (int seed = 0; seed < PROGRAMS; seed++) {
      Program program = ProgramGenerator.generate(seed, 0).program();
      if (!(Verifier.verify(program, VerifierOptions.standard()) instanceof Verdict.Accepted yes)) {
        continue;
      }
      for (A64Layout.Dialect dialect : A64Layout.Dialect.values()) {
        for (RewriteOptions options : List.of(RewriteOptions.LINUX, RewriteOptions.SEED)) {
          add(words, yes, options.withTarget(JitTarget.ARM64), A64Layout.linux(dialect));
        }
      }
    }
    return words;
  }

  private static void add(
      Set<Integer> words, Verdict.Accepted accepted, RewriteOptions options, A64Layout layout) {
    try {
      MachineCode code =
          A64Jit.compile(
              Rewriter.rewrite(accepted.program(), options), layout, OfflineLinkage.ARM64);
      ByteBuffer bytes = ByteBuffer.wrap(code.dumped()).order(ByteOrder.LITTLE_ENDIAN);
      while (bytes.hasRemaining()) {
        words.add(bytes.getInt());
      }
    } catch (UnsupportedException missing) {
      // Its other instructions are in other programs too.
    }
  }

  private List<String> llvm(String tool, List<Integer> words)
      throws IOException, InterruptedException {
    StringBuilder input = new StringBuilder();
    for (int word : words) {
      for (int shift = 0; shift < 32; shift += 8) {
        input.append("0x%02x ".formatted(word >>> shift & 0xff));
      }
      input.append('\n');
    }
    Path in = directory.resolve("words");
    Path out = directory.resolve("text");
    Files.writeString(in, input);
    List<String> command =
        List.of(tool, "-disassemble", "-triple=aarch64", "-mattr=+all", in.toString());
    Process process = new ProcessBuilder(command).redirectOutput(out.toFile()).start();
    String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(errors).isZero();
    try (Stream<String> lines = Files.lines(out)) {
      return lines
          .filter(line -> line.startsWith("\t") && !line.startsWith("\t."))
          .map(line -> line.strip().replaceFirst("\\s*//.*", "").replaceAll("\\s+", " "))
          .toList();
    } catch (UncheckedIOException failed) {
      throw failed.getCause();
    }
  }
}

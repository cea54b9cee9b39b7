package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.errors.Errno;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import dev.skep.program.KernelTypes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/**
 * The programs of graph.bpf.c, which fill and empty lists and trees with objects of their own, with
 * the errno and the whole level-2 log that Linux 6.18.44 gave them. Addresses are replaced by X.
 */
class GraphLogTest {
  private static InputStream resource(String name) {
    return Objects.requireNonNull(GraphLogTest.class.getResourceAsStream("/verify/" + name), name);
  }

  /** What Linux said: by program the errno, a line feed and the log. */
  private static Map<String, String> goldens() throws IOException {
    Map<String, String> goldens = new HashMap<>();
    try (var in = new GZIPInputStream(resource("graph-logs.txt.gz"))) {
      String text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
      for (String golden : text.substring("=== ".length()).split("(?m)^=== ", -1)) {
        int space = golden.indexOf(' ');
        goldens.put(golden.substring(0, space), golden.substring(space + 1));
      }
    }
    return goldens;
  }

  @Test
  void verdictsAndLogsAreTheKernels() throws IOException {
    Btf types;
    try (var in = new GZIPInputStream(resource("kernel-types.btf.gz"))) {
      types = Btf.parse(in.readAllBytes());
    }
    BpfObject object = BpfObject.open("graph.bpf.o", resource("graph.bpf.o").readAllBytes());
    object.kernelBtf(types);
    VerifierOptions options =
        VerifierOptions.standard()
            .withLogLevel(VerifierLog.LEVEL2)
            .withKernel(KernelTypes.of(types));
    Map<String, String> goldens = goldens();
    for (ObjectProgram program : object.programs()) {
      Verdict verdict = Verifier.verify(object.toProgram(program), options);
      int errno = verdict instanceof Verdict.Rejected rejected ? rejected.errno() : 0;
      String log = verdict.log().replaceAll("(\\(18\\) r\\d+ = )0x[0-9a-f]+ *", "$1X ");
      assertThat(verdict).as(program.name()).isNotInstanceOf(Verdict.Unsupported.class);
      assertThat(errno + "\n" + log).as(program.name()).isEqualTo(goldens.get(program.name()));
    }
    assertThat(goldens.values()).anyMatch(golden -> golden.startsWith(Errno.EACCES + "\n"));
    assertThat(object.programs()).hasSize(goldens.size()).hasSizeGreaterThan(40);
  }
}

package dev.skep.ladder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.UnsupportedException;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelFacts;
import dev.skep.linux.KernelProgram;
import dev.skep.program.Dialect;
import dev.skep.program.Program;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The kernel that runs here. */
final class KernelLayoutProbeTest {
  @Test
  void codeInTheLayoutThatWasFoundIsTheKernels() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    KernelLayoutProbe.Result found = KernelLayoutProbe.host();
    try (KernelEngine kernel = KernelEngine.host()) {
      assertThat(KernelLayoutProbe.of(kernel)).isEqualTo(found);
      assertThat(KernelLayoutProbe.of(kernel)).isSameAs(KernelLayoutProbe.of(kernel));
      Program program = ProbePrograms.shift();
      var options =
          new VerifierOptions(Dialect.V6_18, KernelFacts.read().host(), 0, Integer.MAX_VALUE);
      var verified = ((Verdict.Accepted) Verifier.verify(program, options)).program();
      var runnable = Rewriter.rewrite(verified, RewriteOptions.LINUX);
      if (found.layout() == null) {
        assertThatThrownBy(() -> MachineForm.compile(runnable))
            .isInstanceOf(UnsupportedException.class)
            .hasMessage(found.unsupported());
        return;
      }
      var code = MachineForm.compile(runnable);
      try (KernelProgram linux = kernel.load(program, List.of())) {
        assertThat(MachineForm.ofSkep(code)).isEqualTo(MachineForm.ofKernel(linux.info(), code));
      }
    }
  }
}

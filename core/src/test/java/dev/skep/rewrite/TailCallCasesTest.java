package dev.skep.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.program.Dialect;
import dev.skep.program.KernelTypes;
import dev.skep.testing.TailCallCases;
import dev.skep.testing.VerifierCase;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Verdicts and reasons of Linux 6.18, of programs with tail calls. */
class TailCallCasesTest {
  static List<VerifierCase> cases() {
    return TailCallCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void asLinuxSays(VerifierCase each) {
    assertThat(verdict(each, Dialect.V6_18)).isEqualTo(each.linux());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void asLaterKernelsSay(VerifierCase each) {
    assertThat(verdict(each, Dialect.MAINLINE)).isEqualTo(each.mainline());
  }

  private static String verdict(VerifierCase each, Dialect dialect) {
    Btf kernel = TailCallCases.kernel();
    VerifierOptions options =
        VerifierOptions.standard().withDialect(dialect).withKernel(KernelTypes.of(kernel));
    return verdict(Verifier.verify(each.program(kernel), options));
  }

  static String verdict(Verdict verdict) {
    Verdict last = verdict;
    if (verdict instanceof Verdict.Accepted accepted) {
      try {
        Rewriter.rewrite(accepted.program(), RewriteOptions.SEED);
      } catch (RejectedException late) {
        last = Rewriter.verdict(accepted, late);
      }
    }
    return switch (last) {
      case Verdict.Accepted accepted -> "accepted";
      case Verdict.Rejected rejected -> Errno.name(rejected.errno()) + " " + rejected.message();
      case Verdict.Unsupported unsupported -> "unsupported " + unsupported.what();
    };
  }
}

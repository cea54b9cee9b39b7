package dev.skep.cli;

import dev.skep.verify.VerifierOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How much of the verifier's log {@code skep verify} shows. */
final class LogOptions {
  private static final int FIXED = 8;

  /** What counting source lines keeps of a log. */
  private static final int COUNTED_BYTES = 1 << 28;

  @Option(
      names = {"-l", "--log-level"},
      paramLabel = "LEVEL",
      description = "Verifier log: 1 failures' path, 2 everything, 4 statistics (may be added up).")
  @Nullable Integer level;

  @Option(
      names = {"-v", "--verbose"},
      description = "As -l 1, where no other level is given.")
  boolean verbose;

  @Option(
      names = "--log-size",
      paramLabel = "BYTES",
      description = "Of the log's buffer: what does not fit is cut off at the front.")
  @Nullable Integer size;

  @Option(names = "--log-fixed", description = "Cut off at the end instead.")
  boolean fixed;

  @Option(
      names = {"-S", "--top-src-lines"},
      paramLabel = "N",
      description = "The N source lines that verification comes to most often.")
  int topLines;

  /** Whether logs are shown. */
  boolean isShown() {
    return level != null || verbose;
  }

  void check() {
    if (level != null && (level < 0 || level > 15)) {
      throw new UsageException("-l: level must be 0 to 15");
    }
    if (size != null && size < 1) {
      throw new UsageException("--log-size: must be at least 1");
    }
    if (topLines < 0) {
      throw new UsageException("-S: must not be negative");
    }
  }

  /** The options with the log that was asked for. */
  VerifierOptions apply(VerifierOptions options) {
    // What nobody reads is not written: the reason is known without it.
    int bits = level != null ? level : verbose ? 1 : 0;
    if (topLines > 0 && (level == null || level == 0)) {
      bits |= 2;
    }
    int bytes = size != null ? size : topLines > 0 ? COUNTED_BYTES : options.logSize();
    return new VerifierOptions(
        options.dialect(), options.host(), fixed ? bits | FIXED : bits, bytes, options.kernel());
  }
}

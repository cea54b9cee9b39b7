package dev.skep.verify;

import dev.skep.errors.Errno;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A program that the walk accepted and a rewrite refuses: its reason comes before the counters. */
final class LateRejection {
  private LateRejection() {}

  static Verdict.Rejected of(Verdict.Accepted accepted, int errno, int insn, String reason) {
    VerifierOptions options = accepted.program().options();
    String message = reason.strip();
    if (options.logLevel() == 0) {
      return new Verdict.Rejected(errno, message, insn, accepted.stats(), "");
    }
    String log = accepted.log();
    int counters = Math.max(log.lastIndexOf(begin(options)), 0);
    String whole = log.substring(0, counters) + reason + log.substring(counters);
    byte[] bytes = whole.getBytes(StandardCharsets.UTF_8);
    VerifierStats stats =
        accepted.stats().withLogBytes(Math.max(accepted.stats().logBytes(), bytes.length + 1L));
    int size = options.logSize();
    if (size == 0) {
      return new Verdict.Rejected(errno, message, insn, stats, "");
    }
    if (bytes.length < size) {
      return new Verdict.Rejected(errno, message, insn, stats, whole);
    }
    boolean fixed = (options.logLevel() & VerifierLog.FIXED) != 0;
    int from = fixed ? 0 : bytes.length - size + 1;
    String kept =
        new String(Arrays.copyOfRange(bytes, from, from + size - 1), StandardCharsets.UTF_8);
    return new Verdict.Rejected(Errno.ENOSPC, message, insn, stats, kept);
  }

  private static String begin(VerifierOptions options) {
    return (options.logLevel() & VerifierLog.STATS) != 0 ? "verification time " : "processed ";
  }
}

package dev.skep.verify;

import org.jspecify.annotations.Nullable;

/**
 * Ends a verification with an error number. What is wrong has been said in the {@link VerifierLog}.
 */
@SuppressWarnings("serial")
final class Rejection extends RuntimeException {
  private final int errno;
  private transient @Nullable Reason reason;

  /**
   * @param errno positive, of {@link dev.skep.errors.Errno}
   */
  Rejection(int errno) {
    super("errno " + errno, null, false, false);
    this.errno = errno;
  }

  int errno() {
    return errno;
  }

  /** Adds what the check demanded, for {@link Recording}. */
  Rejection because(Reason demanded) {
    reason = demanded;
    return this;
  }

  /** What the check demanded; null where only its text says it. */
  @Nullable Reason reason() {
    return reason;
  }
}

package dev.skep.verify;

/**
 * Ends a verification with an error number. What is wrong has been said in the {@link VerifierLog}.
 */
@SuppressWarnings("serial")
final class Rejection extends RuntimeException {
  private final int errno;

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
}

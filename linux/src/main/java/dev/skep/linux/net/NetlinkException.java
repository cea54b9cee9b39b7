package dev.skep.linux.net;

/** The kernel refused a request; checked, because callers must say what to do about it. */
public final class NetlinkException extends Exception {
  private static final long serialVersionUID = 1L;
  private final int errno;
  private final String what;
  private final String explanation;

  NetlinkException(int errno, String what, String explanation) {
    super(what + ": errno " + errno + (explanation.isEmpty() ? "" : ": " + explanation));
    this.errno = errno;
    this.what = what;
    this.explanation = explanation;
  }

  /** Positive. */
  public int errno() {
    return errno;
  }

  /** The operation. */
  public String what() {
    return what;
  }

  /** The kernel's own words, or empty. */
  public String explanation() {
    return explanation;
  }
}

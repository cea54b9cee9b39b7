package dev.skep.errors;

/** An operation failed with the errno that bpf(2) gives for it. */
public final class BpfErrnoException extends SkepException {
  private static final long serialVersionUID = 1L;
  private final int errno;

  /**
   * @param errno positive errno
   * @param what the operation and its object, lower case, as in "update of map \"flows\""
   */
  public BpfErrnoException(int errno, String what) {
    super(what + ": " + Errno.name(errno));
    this.errno = errno;
  }

  /**
   * As {@link #BpfErrnoException(int, String)}, with what to do about it.
   *
   * @param hint one clause, lower case, as in "needs CAP_NET_ADMIN"; empty for none
   */
  public BpfErrnoException(int errno, String what, String hint) {
    super(what + ": " + Errno.name(errno) + (hint.isEmpty() ? "" : ": " + hint));
    this.errno = errno;
  }

  public int errno() {
    return errno;
  }
}

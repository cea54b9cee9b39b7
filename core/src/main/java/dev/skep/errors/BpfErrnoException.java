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

  public int errno() {
    return errno;
  }
}

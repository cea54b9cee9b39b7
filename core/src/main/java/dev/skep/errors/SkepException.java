package dev.skep.errors;

/** The root of Skep's own failures: the message is one line, lower case, with the position. */
public abstract sealed class SkepException extends RuntimeException
    permits MalformedException, UnsupportedException, BpfErrnoException, RejectedException {
  private static final long serialVersionUID = 1L;

  SkepException(String message) {
    super(message);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}

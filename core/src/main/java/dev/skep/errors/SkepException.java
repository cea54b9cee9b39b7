package dev.skep.errors;

/** The root of Skep's own failures: the message is one line, lower case, with the position. */
public abstract sealed class SkepException extends RuntimeException
    permits MalformedException, UnsupportedException, BpfErrnoException, RejectedException {
  private static final long serialVersionUID = 1L;

  SkepException(String message) {
    super(oneLine(message));
  }

  /** Names come from untrusted files: what would break the line or steer a terminal becomes "?". */
  private static String oneLine(String message) {
    StringBuilder text = new StringBuilder(message);
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        text.setCharAt(i, '?');
      }
    }
    return text.toString();
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}

package dev.skep.errors;

/** The input is valid for Linux but needs a named piece that Skep lacks so far: exit status 4. */
public final class UnsupportedException extends SkepException {
  private static final long serialVersionUID = 1L;

  public UnsupportedException(String what) {
    super(what);
  }
}

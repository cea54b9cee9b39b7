package dev.skep.errors;

/** The input breaks its format (ELF, BTF, pcap, batch line, assembly): exit status 3. */
public final class MalformedException extends SkepException {
  private static final long serialVersionUID = 1L;

  public MalformedException(String message) {
    super(message);
  }
}

package dev.skep.cli;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.MalformedException;
import dev.skep.errors.RejectedException;
import dev.skep.errors.SkepException;
import dev.skep.errors.UnsupportedException;

/** The documented exit statuses. */
final class ExitStatus {
  /** All accepted, or it ran. */
  static final int OK = 0;

  /** A program was rejected, or a run or test failed. */
  static final int REJECTED = 1;

  /** The command line is wrong. */
  static final int USAGE = 2;

  /** The input is malformed or cannot be read. */
  static final int MALFORMED = 3;

  /** Something in the input is not supported by Skep yet. */
  static final int UNSUPPORTED = 4;

  private ExitStatus() {}

  static int of(SkepException e) {
    return switch (e) {
      case RejectedException _ -> REJECTED;
      case BpfErrnoException _ -> REJECTED;
      case MalformedException _ -> MALFORMED;
      case UnsupportedException _ -> UNSUPPORTED;
    };
  }

  /** The worse of two: unreadable input over unsupported over rejected. */
  static int worse(int a, int b) {
    return rank(a) >= rank(b) ? a : b;
  }

  private static int rank(int status) {
    return switch (status) {
      case OK -> 0;
      case UNSUPPORTED -> 1;
      case REJECTED -> 2;
      case MALFORMED -> 3;
      default -> 4;
    };
  }
}

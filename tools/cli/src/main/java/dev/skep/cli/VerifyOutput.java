package dev.skep.cli;

import java.io.IOException;

/** Where {@code skep verify} puts its rows. */
interface VerifyOutput {
  /** A program, or an object that cannot be opened; in the order of the arguments. */
  void row(VerdictRow row) throws IOException;

  /**
   * After the last row.
   *
   * @param summary what has been done
   */
  void end(String summary) throws IOException;
}

package dev.skep.verify;

import dev.skep.btf.Btf;
import org.jspecify.annotations.Nullable;

/** Where source lines and file names come from: the strings of the program's BTF. */
@FunctionalInterface
interface SourceText {
  /** For a program without BTF. */
  SourceText NONE = offset -> "";

  /**
   * @param offset into the string section
   */
  String string(int offset);

  static SourceText of(@Nullable Btf btf) {
    return btf == null ? NONE : btf::string;
  }
}

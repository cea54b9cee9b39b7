package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;

/**
 * Writes through pointers to tracked connections, which programs at packets may make
 * (nf_conntrack_btf_struct_access): nothing but a connection's mark.
 */
final class ConnectionWrites {
  private static final String STRUCT = "nf_conn";

  private final Env env;
  private final Btf btf;

  ConnectionWrites(Env env, Btf btf) {
    this.env = env;
    this.btf = btf;
  }

  /** Checks a write into a struct, or says why not. */
  void check(int struct, int off, int size) {
    String name = btf.name(struct);
    if (!name.equals(STRUCT) && !name.equals(STRUCT + "___init")) {
      throw env.reject(Errno.EACCES, "only read is supported");
    }
    int start = markOffset();
    int end = start + 4;
    if (off != start) {
      throw env.reject(Errno.EACCES, "no write support to nf_conn at off " + off);
    }
    if (off + size > end) {
      throw env.reject(
          Errno.EACCES,
          "write access at off "
              + off
              + " with size "
              + size
              + " beyond the member of nf_conn ended at "
              + end);
    }
  }

  /** Where the mark lies, a number of 32 bits; -1 in a kernel without. */
  private int markOffset() {
    int struct = btf.find(STRUCT, BtfKind.STRUCT);
    for (int i = 0; struct != 0 && i < btf.vlen(struct); i++) {
      if (btf.string(btf.memberNameOffset(struct, i)).equals("mark")) {
        return btf.memberBitOffset(struct, i) / 8;
      }
    }
    return -1;
  }
}

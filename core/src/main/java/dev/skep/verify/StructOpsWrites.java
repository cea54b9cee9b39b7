package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;

/**
 * Fields of the kernel's structs that programs of type struct_ops may write (the btf_struct_access
 * of struct bpf_verifier_ops).
 */
final class StructOpsWrites {
  /** Fields of struct tcp_sock: where they are declared, and a path of members. */
  private static final String[] CONGESTION_FIELDS = {
    "sock.sk_pacing_rate",
    "sock.sk_pacing_status",
    "inet_connection_sock.icsk_ca_priv",
    "inet_connection_sock.icsk_ack.pending",
    "tcp_sock.snd_cwnd",
    "tcp_sock.snd_cwnd_cnt",
    "tcp_sock.snd_cwnd_stamp",
    "tcp_sock.snd_ssthresh",
    "tcp_sock.ecn_flags",
    "tcp_sock.app_limited"
  };

  private final Env env;
  private final Btf btf;

  StructOpsWrites(Env env, Btf btf) {
    this.env = env;
    this.btf = btf;
  }

  /** Checks a write into a struct, or says why not. */
  void check(int struct, int off, int size) {
    Attachment target = env.attachment;
    String implemented = target == null ? "" : target.btf().name(target.typeId());
    switch (implemented) {
      case "tcp_congestion_ops" -> congestion(struct, off, size);
      case "bpf_dummy_ops" -> dummy(struct, off, size);
      default -> throw env.unsupported("writes of programs that implement struct " + implemented);
    }
  }

  private void dummy(int struct, int off, int size) {
    if (!btf.name(struct).equals("bpf_dummy_ops_state")) {
      throw env.reject(Errno.EACCES, "only access to bpf_dummy_ops_state is supported");
    }
    if (off + size > btf.size(struct)) {
      throw env.reject(Errno.EACCES, "write access at off " + off + " with size " + size);
    }
  }

  private void congestion(int struct, int off, int size) {
    if (!btf.name(struct).equals("tcp_sock")) {
      throw env.reject(Errno.EACCES, "only read is supported");
    }
    for (String field : CONGESTION_FIELDS) {
      long place = place(field);
      int start = (int) place;
      int end = (int) (place >> 32);
      // The private area is one field that any part of may be written.
      boolean inside = field.endsWith("ca_priv") ? off >= start && off < end : off == start;
      if (inside && off + size > end) {
        throw env.reject(
            Errno.EACCES,
            "write access at off "
                + off
                + " with size "
                + size
                + " beyond the member of tcp_sock ended at "
                + end);
      }
      if (inside) {
        return;
      }
    }
    throw env.reject(Errno.EACCES, "no write support to tcp_sock at off " + off);
  }

  /** Start and end of a field in bytes, in the low and the high half. */
  private long place(String path) {
    String[] names = path.split("\\.", -1);
    int type = btf.find(names[0], BtfKind.STRUCT);
    int start = 0;
    long size = 0;
    for (int n = 1; n < names.length; n++) {
      int member = member(type, names[n]);
      if (member < 0) {
        throw env.unsupported("writes into struct tcp_sock without " + path);
      }
      start += btf.memberBitOffset(type, member) / 8;
      // A bit field ends with the byte that holds its last bit.
      int bits = btf.memberBitSize(type, member);
      size = bits != 0 ? (bits + 7) / 8 : btf.sizeOf(btf.memberType(type, member));
      type = btf.skip(btf.memberType(type, member), true);
    }
    return start & 0xffffffffL | start + size << 32;
  }

  private int member(int type, String name) {
    for (int i = 0; type != 0 && i < btf.vlen(type); i++) {
      if (btf.string(btf.memberNameOffset(type, i)).equals(name)) {
        return i;
      }
    }
    return -1;
  }
}

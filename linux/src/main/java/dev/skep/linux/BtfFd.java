package dev.skep.linux;

import dev.skep.btf.Btf;
import dev.skep.errors.UnsupportedException;
import org.jspecify.annotations.Nullable;

/** A BTF blob in the kernel for the time of one command; without BTF it is the descriptor 0. */
final class BtfFd implements AutoCloseable {
  private final @Nullable Fd fd;

  private BtfFd(@Nullable Fd fd) {
    this.fd = fd;
  }

  static BtfFd of(Bpf bpf, @Nullable Btf btf) {
    if (btf != null) {
      throw new UnsupportedException("linux engine: btf");
    }
    return new BtfFd(null);
  }

  int number() {
    return fd == null ? 0 : fd.number();
  }

  @Override
  public void close() {
    if (fd != null) {
      fd.close();
    }
  }
}

package dev.skep.linux;

import dev.skep.btf.Btf;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import org.jspecify.annotations.Nullable;

/** A BTF blob in the kernel for the time of one command; without BTF it is the descriptor 0. */
final class BtfFd implements AutoCloseable {
  private final @Nullable Fd fd;

  private BtfFd(@Nullable Fd fd) {
    this.fd = fd;
  }

  static BtfFd of(Bpf bpf, @Nullable Btf btf) {
    return new BtfFd(btf == null ? null : bpf.btfLoad(btf.bytes()));
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

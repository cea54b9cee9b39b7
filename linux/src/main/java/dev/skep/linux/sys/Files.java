package dev.skep.linux.sys;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** Files by descriptor: directories of cgroups, iterators, the kernel's control files. */
public final class Files {
  public static final int RDONLY = 0;
  public static final int WRONLY = 1;
  public static final int APPEND = 0x400;

  private static final int AT_FDCWD = -100;
  private static final int CLOEXEC = 0x80000;
  private static final int CHUNK = 1 << 16;

  private final Syscalls syscalls;

  public Files(Syscalls syscalls) {
    this.syscalls = syscalls;
  }

  /**
   * openat(2) with O_CLOEXEC.
   *
   * @param what names the operation in the error
   */
  public Fd open(Path path, int flags, String what) {
    return open(path, flags, what, "");
  }

  /** As {@link #open(Path, int, String)}; {@code hint} says what to do when it fails. */
  public Fd open(Path path, int flags, String what, String hint) {
    long name = string(path.toString());
    try {
      long fd = syscalls.syscall(CallNumbers.OPENAT, AT_FDCWD, name, flags | CLOEXEC, 0);
      if (fd < 0) {
        throw new BpfErrnoException((int) -fd, what, hint);
      }
      return new Fd(syscalls, (int) fd);
    } finally {
      Memory.free(name);
    }
  }

  /** Reads to the end. */
  public byte[] readAll(Fd fd, String what) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    long buffer = Memory.allocate(CHUNK);
    try {
      while (true) {
        long bytes = syscalls.syscall(CallNumbers.READ, fd.number(), buffer, CHUNK);
        if (bytes == 0) {
          return all.toByteArray();
        }
        if (bytes > 0) {
          all.writeBytes(Attr.read(buffer, (int) bytes));
        } else if (bytes != -Errno.EINTR && bytes != -Errno.EAGAIN) {
          throw new BpfErrnoException((int) -bytes, what);
        }
      }
    } finally {
      Memory.free(buffer);
    }
  }

  /** Writes a line of a control file in one call, as such files want it. */
  public void append(Path path, String text, String what) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    long buffer = Memory.allocate(bytes.length);
    try (Fd fd = open(path, WRONLY | APPEND, what)) {
      Memory.copy(bytes, 0, buffer, bytes.length);
      long written = syscalls.syscall(CallNumbers.WRITE, fd.number(), buffer, bytes.length);
      if (written < 0) {
        throw new BpfErrnoException((int) -written, what);
      }
    } finally {
      Memory.free(buffer);
    }
  }

  private static long string(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    long address = Memory.allocate(bytes.length + 1L);
    Memory.copy(Arrays.copyOf(bytes, bytes.length + 1), 0, address, bytes.length + 1);
    return address;
  }
}

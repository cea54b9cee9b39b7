package dev.skep.linux;

import dev.skep.errors.Errno;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout.BtfLoad;
import dev.skep.linux.sys.AttrLayout.MapCreate;
import dev.skep.linux.sys.AttrLayout.ProgLoad;
import dev.skep.linux.sys.Bpf;
import dev.skep.natives.Memory;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Small commands whose only purpose is the kernel's answer: a descriptor, or a negative errno. */
final class Probe {
  /** More than the log of any of these programs. */
  private static final int LOG_BYTES = 1 << 16;

  final Bpf bpf;

  Probe(Bpf bpf) {
    this.bpf = bpf;
  }

  /** The answer to a load, and the log where one was asked. */
  record Answer(int result, String log) {}

  /** Loads instructions; {@code more} puts further attributes. */
  int program(int type, long[] insns, @Nullable Consumer<Attr> more) {
    try (Attr attr = programAttributes(type, insns, more)) {
      return bpf.call(Bpf.PROG_LOAD, attr);
    }
  }

  /** As {@link #program}, with the log; a loaded program is closed. */
  Answer judged(int type, long[] insns, @Nullable Consumer<Attr> more) {
    try (Attr attr = programAttributes(type, insns, more)) {
      long log = attr.putBuffer(ProgLoad.LOG_BUF, LOG_BYTES);
      attr.putInt(ProgLoad.LOG_SIZE, LOG_BYTES);
      attr.putInt(ProgLoad.LOG_LEVEL, 1);
      int result = bpf.call(Bpf.PROG_LOAD, attr);
      close(result);
      return new Answer(result, Attr.text(log, LOG_BYTES));
    }
  }

  private static Attr programAttributes(int type, long[] insns, @Nullable Consumer<Attr> more) {
    Attr attr = new Attr();
    attr.putInt(ProgLoad.TYPE, type);
    attr.putInt(ProgLoad.INSN_CNT, insns.length);
    long code = attr.putBuffer(ProgLoad.INSNS, 8L * insns.length);
    for (int i = 0; i < insns.length; i++) {
      Memory.putLong(code + 8L * i, insns[i]);
    }
    attr.putString(ProgLoad.LICENSE, "GPL");
    if (more != null) {
      more.accept(attr);
    }
    return attr;
  }

  /** Loads BTF. */
  int btf(byte[] blob) {
    try (Attr attr = new Attr()) {
      attr.putBytes(BtfLoad.BTF, blob);
      attr.putInt(BtfLoad.SIZE, blob.length);
      return bpf.call(Bpf.BTF_LOAD, attr);
    }
  }

  /** Creates a map; {@code more} puts further attributes. */
  int map(int type, int keySize, int valueSize, int maxEntries, @Nullable Consumer<Attr> more) {
    try (Attr attr = new Attr()) {
      attr.putInt(MapCreate.TYPE, type);
      attr.putInt(MapCreate.KEY_SIZE, keySize);
      attr.putInt(MapCreate.VALUE_SIZE, valueSize);
      attr.putInt(MapCreate.MAX_ENTRIES, maxEntries);
      if (more != null) {
        more.accept(attr);
      }
      return bpf.call(Bpf.MAP_CREATE, attr);
    }
  }

  /** Whether a command gave a descriptor, which is closed. */
  boolean worked(int result) {
    close(result);
    return result >= 0;
  }

  /** What a use of a descriptor says; {@code -EBADF} where there is none. */
  int with(int fd, Use use) {
    if (fd < 0) {
      return -Errno.EBADF;
    }
    try {
      return use.of(fd);
    } finally {
      close(fd);
    }
  }

  /** A command on a descriptor. */
  interface Use {
    int of(int fd);
  }

  private void close(int result) {
    if (result >= 0) {
      bpf.own(result).close();
    }
  }
}

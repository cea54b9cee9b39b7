package dev.skep.linux;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfExterns;
import dev.skep.btf.BtfFeature;
import dev.skep.btf.BtfSanitizer;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A BTF blob in the kernel; without BTF it is the descriptor 0.
 *
 * <p>All who use the same {@link Btf} at the same time share one descriptor: a program may put its
 * objects into a map's list only if both have the same BTF object. A map holds its BTF for that, a
 * program for the time of the load.
 *
 * <p>BTF is optional, as in libbpf: where the kernel refuses a blob, it gets one without what it
 * does not know ({@link BtfSanitizer}); where it refuses that too, the command goes on without.
 */
final class BtfFd implements AutoCloseable {
  /** Blobs in use. Both parts of a key are told apart by identity. */
  private static final Map<Key, BtfFd> SHARED = new HashMap<>();

  private record Key(Bpf bpf, Btf btf) {}

  private final @Nullable Key key;
  private final @Nullable Fd fd;
  private int users = 1;

  private BtfFd(@Nullable Key key, @Nullable Fd fd) {
    this.key = key;
    this.fd = fd;
  }

  static BtfFd of(Bpf bpf, @Nullable Btf source) {
    if (source == null) {
      return new BtfFd(null, null);
    }
    Key key = new Key(bpf, source);
    synchronized (SHARED) {
      BtfFd known = SHARED.get(key);
      if (known != null) {
        known.users++;
        return known;
      }
      BtfFd made = new BtfFd(key, load(bpf, source));
      SHARED.put(key, made);
      return made;
    }
  }

  private static @Nullable Fd load(Bpf bpf, Btf source) {
    Btf btf = BtfExterns.define(source);
    Probe probe = new Probe(bpf);
    int result = probe.btf(btf.bytes());
    if (result == -Errno.EINVAL) {
      KernelFeatures features = KernelFeatures.of(bpf);
      Btf older =
          features.has(Feature.BTF)
              ? BtfSanitizer.sanitize(btf, feature -> features.has(kernelFeature(feature)))
              : btf;
      result = older == btf ? result : probe.btf(older.bytes());
    }
    return result >= 0 ? bpf.own(result) : null;
  }

  private static Feature kernelFeature(BtfFeature feature) {
    return switch (feature) {
      case FUNC -> Feature.BTF_FUNC;
      case GLOBAL_FUNC -> Feature.BTF_GLOBAL_FUNC;
      case DATASEC -> Feature.BTF_DATASEC;
      case QMARK_DATASEC -> Feature.BTF_QMARK_DATASEC;
      case FLOAT -> Feature.BTF_FLOAT;
      case DECL_TAG -> Feature.BTF_DECL_TAG;
      case TYPE_TAG -> Feature.BTF_TYPE_TAG;
      case ENUM64 -> Feature.BTF_ENUM64;
    };
  }

  int number() {
    return fd == null ? 0 : fd.number();
  }

  @Override
  public void close() {
    synchronized (SHARED) {
      if (--users > 0) {
        return;
      }
      if (key != null) {
        SHARED.remove(key);
      }
    }
    if (fd != null) {
      fd.close();
    }
  }
}

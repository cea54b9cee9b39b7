package dev.skep.linux;

import dev.skep.engine.BpfMap;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout.MapCreate;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import dev.skep.program.MapSpec;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A map in the kernel. */
public final class KernelMap implements BpfMap {
  private static final int FD_BYTES = 4;

  private final Bpf bpf;
  private final MapSpec spec;
  private final Fd fd;
  private final int userValueSize;

  private KernelMap(Bpf bpf, MapSpec spec, Fd fd, int cpus) {
    this.bpf = bpf;
    this.spec = spec;
    this.fd = fd;
    this.userValueSize = userValueSize(spec, cpus);
  }

  /**
   * BPF_MAP_CREATE, then the initial contents and the freeze that the spec asks for.
   *
   * @param cpus number of possible CPUs
   * @param btfFd descriptor of the spec's BTF, or 0
   */
  static KernelMap create(Bpf bpf, MapSpec spec, int cpus, int btfFd) {
    KernelMap map = new KernelMap(bpf, spec, createFd(bpf, spec, btfFd), cpus);
    try {
      if (spec.initial() != null) {
        map.fill(spec.initial());
      }
      if (spec.frozen()) {
        map.freeze();
      }
      return map;
    } catch (RuntimeException failed) {
      map.close();
      throw failed;
    }
  }

  private static Fd createFd(Bpf bpf, MapSpec spec, int btfFd) {
    try (Attr attr = new Attr();
        Fd inner = spec.inner() == null ? null : createFd(bpf, spec.inner(), btfFd)) {
      attr.putInt(MapCreate.TYPE, spec.type().number());
      attr.putInt(MapCreate.KEY_SIZE, spec.keySize());
      attr.putInt(MapCreate.VALUE_SIZE, spec.valueSize());
      attr.putInt(MapCreate.MAX_ENTRIES, spec.maxEntries());
      attr.putInt(MapCreate.FLAGS, spec.flags());
      attr.putName(MapCreate.NAME, spec.name());
      attr.putLong(MapCreate.EXTRA, spec.extra());
      if (inner != null) {
        attr.putInt(MapCreate.INNER_MAP_FD, inner.number());
      }
      if (btfFd != 0 && (spec.keyTypeId() != 0 || spec.valueTypeId() != 0)) {
        attr.putInt(MapCreate.BTF_FD, btfFd);
        attr.putInt(MapCreate.BTF_KEY_TYPE_ID, spec.keyTypeId());
        attr.putInt(MapCreate.BTF_VALUE_TYPE_ID, spec.valueTypeId());
      }
      return bpf.mapCreate(attr, "creation of map \"" + spec.name() + "\"");
    }
  }

  private static int userValueSize(MapSpec spec, int cpus) {
    return switch (spec.type()) {
      case PERCPU_HASH, PERCPU_ARRAY, LRU_PERCPU_HASH, PERCPU_CGROUP_STORAGE ->
          cpus * ((spec.valueSize() + 7) & ~7);
      case PROG_ARRAY, ARRAY_OF_MAPS, HASH_OF_MAPS -> FD_BYTES;
      default -> spec.valueSize();
    };
  }

  /** Writes the first element, the same for every CPU. */
  private void fill(byte[] bytes) {
    byte[] value = new byte[userValueSize];
    int stride = userValueSize == spec.valueSize() ? userValueSize : (spec.valueSize() + 7) & ~7;
    for (int at = 0; at < value.length; at += stride) {
      System.arraycopy(bytes, 0, value, at, Math.min(bytes.length, spec.valueSize()));
    }
    update(new byte[spec.keySize()], value, ANY);
  }

  int fd() {
    return fd.number();
  }

  /** The number that the kernel shows in dumps. */
  public int id() {
    return bpf.mapId(fd.number());
  }

  @Override
  public MapSpec spec() {
    return spec;
  }

  @Override
  public byte @Nullable [] lookup(byte[] key) {
    return bpf.mapLookup(fd.number(), sized(key), userValueSize, what("lookup in"));
  }

  @Override
  public void update(byte[] key, byte[] value, long flags) {
    if (value.length != userValueSize) {
      throw new IllegalArgumentException(
          "value of " + value.length + " bytes, not " + userValueSize);
    }
    bpf.mapUpdate(fd.number(), sized(key), value, flags, what("update of"));
  }

  @Override
  public void delete(byte[] key) {
    bpf.mapDelete(fd.number(), sized(key), what("delete in"));
  }

  @Override
  public byte @Nullable [] nextKey(byte @Nullable [] key) {
    byte[] from = key == null ? null : sized(key);
    return bpf.mapNextKey(fd.number(), from, spec.keySize(), what("next key of"));
  }

  private byte[] sized(byte[] key) {
    if (key.length != spec.keySize()) {
      throw new IllegalArgumentException("key of " + key.length + " bytes, not " + spec.keySize());
    }
    return Arrays.copyOf(key, Math.max(key.length, 1));
  }

  private String what(String operation) {
    return operation + " map \"" + spec.name() + "\"";
  }

  @Override
  public int slotValue() {
    return fd.number();
  }

  @Override
  public int userValueSize() {
    return userValueSize;
  }

  @Override
  public void freeze() {
    bpf.mapFreeze(fd.number(), what("freeze of"));
  }

  @Override
  public void close() {
    fd.close();
  }
}

package dev.skep.linux;

import dev.skep.btf.Btf;
import dev.skep.engine.BatchWalk;
import dev.skep.engine.BpfMap;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.MapBatch;
import dev.skep.engine.PerfBuffer;
import dev.skep.engine.RingBuffer;
import dev.skep.engine.UserRingBuffer;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.linux.sys.MapBatches;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A map in the kernel. Closing it ends its mappings and readers first; the map itself lives on
 * where programs, pins or other descriptors hold it. A use after that is an {@link
 * IllegalStateException}.
 */
public final class KernelMap implements BpfMap {
  private static final int FD_BYTES = 4;

  /** BPF_F_CPU and BPF_F_ALL_CPUS, of kernels after 6.18: one part of a per-CPU value. */
  private static final long ONE_PART = 8 | 16;

  private final Bpf bpf;
  private final MapSpec spec;
  private final Fd fd;
  private final int cpus;
  private final int userValueSize;

  /** The types, which programs that put objects into the map must share. */
  private final @Nullable BtfFd types;

  /** Where an arena is mapped that was created here. */
  private @Nullable ArenaPages pages;

  private final List<AutoCloseable> dependents = new ArrayList<>();
  private boolean closed;

  private KernelMap(Bpf bpf, MapSpec spec, Fd fd, @Nullable BtfFd types, int cpus) {
    this.bpf = bpf;
    this.spec = spec;
    this.fd = fd;
    this.types = types;
    this.cpus = cpus;
    this.userValueSize = userValueSize(spec, cpus);
  }

  /**
   * BPF_MAP_CREATE, then the initial contents and the freeze that the spec asks for.
   *
   * @param kernelName at most 15 bytes of letters, digits, underscores and dots
   * @param cpus number of possible CPUs
   */
  static KernelMap create(Bpf bpf, MapSpec spec, String kernelName, int cpus) {
    BtfFd types = BtfFd.of(bpf, typesOf(spec));
    KernelMap map;
    try {
      Fd fd = new MapCreation(bpf, kernelName).create(spec);
      map = new KernelMap(bpf, spec, fd, types, cpus);
    } catch (RuntimeException failed) {
      types.close();
      throw failed;
    }
    try {
      if (spec.type() == MapType.ARENA) {
        ArenaPages pages = ArenaPages.of(map, spec.initial());
        map.pages = pages == null ? null : map.dependent(pages);
      } else if (spec.initial() != null) {
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

  private static @Nullable Btf typesOf(MapSpec spec) {
    MapSpec inner = spec.inner();
    return spec.btf() == null && inner != null ? inner.btf() : spec.btf();
  }

  /** Takes over the descriptor of a map that exists. */
  static KernelMap adopt(Bpf bpf, MapSpec spec, Fd fd, int cpus) {
    return new KernelMap(bpf, spec, fd, null, cpus);
  }

  private static int userValueSize(MapSpec spec, int cpus) {
    return switch (spec.type()) {
      case PERCPU_HASH, PERCPU_ARRAY, LRU_PERCPU_HASH, PERCPU_CGROUP_STORAGE ->
          cpus * ((spec.valueSize() + 7) & ~7);
      case PROG_ARRAY, PERF_EVENT_ARRAY, CGROUP_ARRAY, ARRAY_OF_MAPS, HASH_OF_MAPS -> FD_BYTES;
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

  @Nullable ArenaPages pages() {
    return pages;
  }

  int fd() {
    return fd.number();
  }

  Bpf bpf() {
    return bpf;
  }

  /** How many CPUs a per-CPU value has parts for. */
  int cpus() {
    return cpus;
  }

  /** The number that the kernel shows in dumps. */
  public int id() {
    return bpf.mapId(fd.number());
  }

  /** What the kernel shows of it. */
  public MapInfo info() {
    return MapInfo.of(bpf, fd.number());
  }

  /**
   * Gives the map a name in a BPF file system: it then outlives this process, until the file is
   * removed. {@link KernelEngine#pinnedMap} finds it again.
   */
  public void pin(Path file) {
    new LinkCommands(bpf).pin(fd.number(), file, what("pin of"));
  }

  @Override
  public MapSpec spec() {
    return spec;
  }

  /**
   * {@inheritDoc}
   *
   * <p>A bloom filter takes a value instead of a key, and gives it back if it may be there.
   */
  @Override
  public byte @Nullable [] lookup(byte[] key) {
    return lookup(key, 0);
  }

  @Override
  public byte @Nullable [] lookup(byte[] key, long flags) {
    int number = fd.hold();
    try {
      return lookup(number, key, flags);
    } finally {
      fd.release();
    }
  }

  private byte @Nullable [] lookup(int number, byte[] key, long flags) {
    if (spec.type() == MapType.BLOOM_FILTER) {
      return bpf.mapPeek(number, sizedValue(key, 0), what("lookup in")) ? key : null;
    }
    return bpf.mapLookup(number, sized(key), valueSize(flags), flags, what("lookup in"));
  }

  @Override
  public byte @Nullable [] lookupAndDelete(byte[] key, long flags) {
    int number = fd.hold();
    try {
      return bpf.mapLookupAndDelete(
          number, sized(key), userValueSize, flags, what("lookup_and_delete in"));
    } finally {
      fd.release();
    }
  }

  @Override
  public void update(byte[] key, byte[] value, long flags) {
    int number = fd.hold();
    try {
      bpf.mapUpdate(number, sized(key), sizedValue(value, flags), flags, what("update of"));
    } finally {
      fd.release();
    }
  }

  @Override
  public void delete(byte[] key) {
    delete(key, 0);
  }

  @Override
  public void delete(byte[] key, long flags) {
    int number = fd.hold();
    try {
      bpf.mapDelete(number, sized(key), flags, what("delete in"));
    } finally {
      fd.release();
    }
  }

  @Override
  public byte @Nullable [] nextKey(byte @Nullable [] key) {
    byte[] from = key == null ? null : sized(key);
    int number = fd.hold();
    try {
      return bpf.mapNextKey(number, from, spec.keySize(), what("next key of"));
    } finally {
      fd.release();
    }
  }

  @Override
  public MapBatch lookupBatch(byte @Nullable [] position, int count, long flags) {
    return lookupBatch(position, count, flags, false);
  }

  @Override
  public MapBatch lookupAndDeleteBatch(byte @Nullable [] position, int count, long flags) {
    return lookupBatch(position, count, flags, true);
  }

  private MapBatch lookupBatch(byte @Nullable [] position, int count, long flags, boolean delete) {
    String what = what(delete ? "lookup_and_delete of a batch in" : "lookup of a batch in");
    int number = fd.hold();
    try {
      MapBatches.Found found =
          new MapBatches(bpf)
              .lookup(
                  number, position, count, spec.keySize(), valueSize(flags), flags, delete, what);
      return new MapBatch(
          found.errno(),
          found.count(),
          found.keys(),
          found.values(),
          found.errno() == Errno.ENOENT ? null : found.position());
    } finally {
      fd.release();
    }
  }

  @Override
  public MapBatch updateBatch(byte[] keys, byte[] values, long flags) {
    int count = BatchWalk.count(this, keys);
    if (values.length != (long) count * valueSize(flags)) {
      throw new IllegalArgumentException(
          values.length + " bytes of values for " + count + " keys of " + valueSize(flags));
    }
    int number = fd.hold();
    try {
      MapBatches.Done done =
          new MapBatches(bpf)
              .update(number, keys, values, count, flags, what("update of a batch in"));
      return MapBatch.done(done.errno(), done.count());
    } finally {
      fd.release();
    }
  }

  @Override
  public MapBatch deleteBatch(byte[] keys, long flags) {
    int count = BatchWalk.count(this, keys);
    int number = fd.hold();
    try {
      MapBatches.Done done =
          new MapBatches(bpf).delete(number, keys, count, flags, what("delete of a batch in"));
      return MapBatch.done(done.errno(), done.count());
    } finally {
      fd.release();
    }
  }

  /** The key as the kernel takes it: none where keys have no bytes. */
  private byte @Nullable [] sized(byte[] key) {
    if (key.length != spec.keySize()) {
      throw new IllegalArgumentException("key of " + key.length + " bytes, not " + spec.keySize());
    }
    return key.length == 0 ? null : key;
  }

  @Override
  public int userValueSize(long flags) {
    return valueSize(flags);
  }

  private int valueSize(long flags) {
    boolean perCpu = userValueSize != spec.valueSize();
    return perCpu && (flags & ONE_PART) != 0 ? spec.valueSize() : userValueSize;
  }

  private byte[] sizedValue(byte[] value, long flags) {
    int size = valueSize(flags);
    if (value.length != size) {
      throw new IllegalArgumentException("value of " + value.length + " bytes, not " + size);
    }
    return value;
  }

  String what(String operation) {
    return operation + " map \"" + spec.name() + "\"";
  }

  @Override
  public int slotValueOf(LoadedProgram program) {
    if (program instanceof KernelProgram) {
      return program.slotValue();
    }
    String what = "program \"" + program.program().name() + "\" in map \"" + spec.name() + '"';
    throw new BpfErrnoException(Errno.EINVAL, what, "it is another engine's");
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
    int number = fd.hold();
    try {
      bpf.mapFreeze(number, what("freeze of"));
    } finally {
      fd.release();
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws BpfErrnoException with EBUSY from {@link #freeze} while a writable mapping exists
   */
  @Override
  public MappedArray mmap(boolean writable) {
    return dependent(MappedArray.of(this, writable));
  }

  @Override
  public RingBuffer ringBuffer() {
    return dependent(KernelRingBuffer.of(this));
  }

  @Override
  public UserRingBuffer userRingBuffer() {
    return dependent(KernelUserRing.of(this));
  }

  @Override
  public PerfBuffer perfBuffer(int bytesPerCpu) {
    return perfBuffer(bytesPerCpu, 1);
  }

  /**
   * As {@link #perfBuffer(int)}.
   *
   * @param wakeupEvents a waiting reader wakes up when a CPU has so many samples (or its time is
   *     over)
   */
  public PerfBuffer perfBuffer(int bytesPerCpu, int wakeupEvents) {
    return dependent(KernelPerfBuffer.of(this, bytesPerCpu, wakeupEvents));
  }

  /** Registers what must end before the map. */
  <T extends AutoCloseable> T dependent(T made) {
    synchronized (dependents) {
      if (!closed) {
        dependents.add(made);
        return made;
      }
    }
    close(made);
    throw new IllegalStateException("closed map \"" + spec.name() + "\"");
  }

  /** What was registered has ended by itself. */
  void ended(AutoCloseable dependent) {
    synchronized (dependents) {
      dependents.remove(dependent);
    }
  }

  private static void close(AutoCloseable dependent) {
    try {
      dependent.close();
    } catch (RuntimeException unchecked) {
      throw unchecked;
    } catch (Exception checked) {
      throw new AssertionError(checked);
    }
  }

  @Override
  public void close() {
    AutoCloseable[] open;
    boolean again;
    synchronized (dependents) {
      again = closed;
      closed = true;
      open = dependents.toArray(AutoCloseable[]::new);
    }
    // Outside the lock: a reader waits for its consumer, who may use the map.
    Arrays.asList(open).forEach(KernelMap::close);
    fd.close();
    if (types != null && !again) {
      types.close();
    }
  }
}

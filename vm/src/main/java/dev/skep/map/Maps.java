package dev.skep.map;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.machine.HandleLayout;
import dev.skep.machine.Handles;
import dev.skep.machine.Machine;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The maps of one machine: creates them, and finds them by the addresses that programs use. */
public final class Maps {
  private final Machine machine;
  private final Handles<VmMap> handles = new Handles<>();
  private final Map<Integer, VmMap> byId = new ConcurrentHashMap<>();
  private ProgArrayStorage programArrays = ProgArrayStorage.PLAIN;
  private ProgramDirectory directory = ProgramDirectory.EMPTY;
  private final DeferredWork deferredWork = new DeferredWork();
  private final Set<LocalStorageMap> storages = ConcurrentHashMap.newKeySet();
  private IntPredicate devices = ifindex -> false;
  private ValueTimers timers = ValueTimers.NONE;

  public Maps(Machine machine) {
    this.machine = machine;
  }

  public Machine machine() {
    return machine;
  }

  /** Says who keeps the timers in values. */
  public void timers(ValueTimers keeper) {
    timers = keeper;
  }

  ValueTimers timers() {
    return timers;
  }

  /**
   * Creates a map (BPF_MAP_CREATE), puts its initial contents in and freezes it when the
   * specification says so. Slots of program arrays and of maps in maps are the loader's.
   *
   * @throws BpfErrnoException as the kernel refuses it
   * @throws UnsupportedException for a map type that is not there yet
   */
  public VmMap create(MapSpec spec) {
    int errno = MapChecks.check(spec);
    errno = errno != 0 ? errno : MapTypeChecks.check(spec);
    if (errno != 0) {
      throw new BpfErrnoException(errno, "creation of " + describe(spec));
    }
    if (spec.type() == MapType.ARENA && spec.initial() != null) {
      throw new UnsupportedException("variables in an arena (" + describe(spec) + ")");
    }
    VmMap map;
    try {
      map = allocate(spec);
    } catch (OutOfMemoryError noMemory) {
      throw new BpfErrnoException(Errno.ENOMEM, "creation of " + describe(spec));
    }
    byte @Nullable [] initial = spec.initial();
    if (initial != null) {
      map.fill(initial);
    }
    if (spec.frozen()) {
      map.freeze();
    }
    return map;
  }

  private VmMap allocate(MapSpec spec) {
    return switch (spec.type()) {
      case ARRAY -> new ArrayMap(this, spec);
      case PERCPU_ARRAY -> new PerCpuArrayMap(this, spec);
      case HASH, LRU_HASH -> new HashTableMap(this, spec);
      case PERCPU_HASH, LRU_PERCPU_HASH -> new PerCpuHashMap(this, spec);
      case PROG_ARRAY -> programArray(spec);
      case RINGBUF -> new RingbufMap(this, spec);
      case USER_RINGBUF -> new UserRingbufMap(this, spec);
      case LPM_TRIE -> new TrieMap(this, spec);
      case QUEUE, STACK -> new QueueStackMap(this, spec);
      case BLOOM_FILTER -> new BloomMap(this, spec);
      case ARRAY_OF_MAPS -> new ArrayOfMaps(this, spec);
      case HASH_OF_MAPS -> new HashOfMaps(this, spec);
      case DEVMAP, CPUMAP -> new DeviceMap(this, spec);
      case DEVMAP_HASH -> new DeviceHashMap(this, spec);
      case PERF_EVENT_ARRAY -> new PerfEventArrayMap(this, spec);
      case SK_STORAGE, TASK_STORAGE, INODE_STORAGE, CGRP_STORAGE -> new LocalStorageMap(this, spec);
      case CGROUP_STORAGE, PERCPU_CGROUP_STORAGE -> new CgroupStorageMap(this, spec);
      case XSKMAP, SOCKMAP, SOCKHASH, REUSEPORT_SOCKARRAY, CGROUP_ARRAY, STACK_TRACE, ARENA ->
          new EmptyMap(this, spec);
      default ->
          throw new UnsupportedException(
              "map type " + spec.type().text() + " (" + describe(spec) + ")");
    };
  }

  private ProgArrayMap programArray(MapSpec spec) {
    if (programArrays.slots(spec) < 0) {
      throw new BpfErrnoException(Errno.E2BIG, "creation of " + describe(spec));
    }
    return new ProgArrayMap(this, spec);
  }

  static String describe(MapSpec spec) {
    return spec.type().text() + " map \"" + spec.name() + "\"";
  }

  int add(VmMap map, int id) {
    byId.put(id, map);
    return handles.add(map);
  }

  void remove(int handle, int id) {
    byId.remove(id);
    handles.remove(handle);
  }

  /** The live map with that id, or null. */
  @Nullable VmMap byId(int id) {
    return byId.get(id);
  }

  /** The ring buffer that a record's payload lies in. */
  public RingbufMap ringOf(long payload) {
    if (handles.get(RingbufMap.handleOf(payload)) instanceof RingbufMap ring) {
      return ring;
    }
    throw new IllegalStateException("no record at 0x" + Long.toHexString(payload));
  }

  /** Tells how program arrays find programs. */
  public void programs(ProgramDirectory known) {
    directory = known;
  }

  /** Tells how much memory program arrays have that are created from now on. */
  public void programArrays(ProgArrayStorage storage) {
    programArrays = storage;
  }

  ProgArrayStorage programArrays() {
    return programArrays;
  }

  ProgramDirectory directory() {
    return directory;
  }

  DeferredWork deferredWork() {
    return deferredWork;
  }

  /** Waits for what was put off until runs had ended. */
  public void settle() {
    deferredWork.await();
  }

  /** Tells which network devices there are, for device maps. */
  public void devices(IntPredicate known) {
    devices = known;
  }

  boolean isDevice(int ifindex) {
    return devices.test(ifindex);
  }

  /** An object that had values in local storages is gone; nothing runs on it any more. */
  public void ownerGone(long owner) {
    for (LocalStorageMap storage : storages) {
      storage.forget(owner);
    }
  }

  void addStorage(LocalStorageMap storage) {
    storages.add(storage);
  }

  void removeStorage(LocalStorageMap storage) {
    storages.remove(storage);
  }

  /** The map whose block starts at {@code address}; verified code passes no other addresses. */
  public VmMap at(long address) {
    VmMap map = handles.get((int) Memory.getLong(address + HandleLayout.MAP));
    if (map == null) {
      throw new IllegalStateException("no map at 0x" + Long.toHexString(address));
    }
    return map;
  }
}

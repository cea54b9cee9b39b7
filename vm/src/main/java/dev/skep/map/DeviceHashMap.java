package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.AttachType;
import dev.skep.program.MapSpec;
import dev.skep.program.layout.BpfMapLayout;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * BPF_MAP_TYPE_DEVMAP_HASH (kernel/bpf/devmap.c): devices by any u32. A value is struct
 * bpf_devmap_val, as in {@link DeviceMap}; an update puts a new one in place, so that a program
 * keeps what it found. Buckets hold their newest element first, as the kernel's do.
 */
final class DeviceHashMap extends VmMap {
  private static final int VALUE_BYTES = 8;

  private final int entries;
  private final int mask;
  private final TargetPrograms programs;
  private final ConcurrentMap<Integer, Long> values = new ConcurrentHashMap<>();

  /** Keys per bucket, newest first; guarded by this. */
  private final Map<Integer, ArrayDeque<Integer>> buckets = new TreeMap<>();

  DeviceHashMap(Maps maps, MapSpec spec) {
    super(maps, spec, BpfMapLayout.SIZE);
    entries = spec.maxEntries();
    mask = (int) (Long.highestOneBit(Integer.toUnsignedLong(entries) * 2 - 1) - 1);
    programs = new TargetPrograms(maps, AttachType.XDP_DEVMAP);
  }

  private long find(int key) {
    Long value = values.get(key);
    return value == null ? 0 : value;
  }

  @Override
  public long lookupElem(Cpu cpu, long key) {
    return find(Memory.getInt(key));
  }

  @Override
  public long redirect(int index, long flags) {
    return RedirectTarget.verdict(
        find(index) != 0, flags, RedirectTarget.BROADCAST | RedirectTarget.EXCLUDE_INGRESS);
  }

  @Override
  long copyOut(long key, long out, long flags) {
    long value = find(Memory.getInt(key));
    if (value == 0) {
      return -Errno.ENOENT;
    }
    Memory.copy(value, out, valueSize());
    return 0;
  }

  @Override
  synchronized long copyIn(long key, long value, long flags) {
    int index = Memory.getInt(key);
    int device = Memory.getInt(value);
    int program = valueSize() == VALUE_BYTES ? Memory.getInt(value + Integer.BYTES) : 0;
    if (flags < 0 || flags > EXIST || device == 0) {
      return -Errno.EINVAL;
    }
    boolean present = values.containsKey(index);
    if (present && flags == NOEXIST) {
      return -Errno.EEXIST;
    }
    if (!maps().isDevice(device)) {
      return -Errno.EINVAL;
    }
    if (!present && Integer.compareUnsigned(values.size(), entries) >= 0) {
      return -Errno.E2BIG;
    }
    long id = programs.acquire(program);
    if (id < 0) {
      return id;
    }
    drop(values.put(index, element(device, (int) id)));
    programs.put(index, (int) id);
    var bucket = buckets.computeIfAbsent(index & mask, any -> new ArrayDeque<>());
    bucket.remove(index);
    bucket.addFirst(index);
    return 0;
  }

  private long element(int device, int program) {
    long element = Memory.allocate(VALUE_BYTES);
    Memory.putInt(element, device);
    Memory.putInt(element + Integer.BYTES, program);
    machine().addressSpace().add(element, VALUE_BYTES);
    return element;
  }

  /** Frees a value once no program can look at it. */
  private void drop(@Nullable Long element) {
    if (element != null) {
      long address = element;
      machine().gracePeriods().defer(() -> release(address));
    }
  }

  private void release(long element) {
    machine().addressSpace().remove(element);
    Memory.free(element);
  }

  @Override
  synchronized long remove(long key) {
    int index = Memory.getInt(key);
    Long old = values.remove(index);
    if (old == null) {
      return -Errno.ENOENT;
    }
    drop(old);
    programs.put(index, 0);
    var bucket = buckets.get(index & mask);
    if (bucket != null) {
      bucket.remove(index);
    }
    return 0;
  }

  @Override
  synchronized long copyNextKey(long key, long out) {
    boolean found = key != 0 && values.containsKey(Memory.getInt(key));
    boolean take = !found;
    for (var bucket : buckets.values()) {
      for (int index : bucket) {
        if (take) {
          Memory.putInt(out, index);
          return 0;
        }
        take = index == Memory.getInt(key);
      }
    }
    return -Errno.ENOENT;
  }

  @Override
  public long elementCount() {
    return values.size();
  }

  /** Breaks the circle of programs that use the map and are in it. */
  @Override
  synchronized void userGone() {
    programs.clear();
  }

  @Override
  void freeContents() {
    values.values().forEach(this::release);
  }
}

package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.AttachType;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.layout.XskMapLayout;

/**
 * BPF_MAP_TYPE_DEVMAP and CPUMAP (kernel/bpf/devmap.c, cpumap.c): each slot is empty or names a
 * device or a CPU that packets are redirected to, and perhaps the program that runs there.
 *
 * <p>A slot is 8 bytes, which change at once: struct bpf_devmap_val {ifindex, program id} or struct
 * bpf_cpumap_val {qsize, program id}; the first word is 0 when the slot is empty. A value in user
 * form names the program by its slot value going in, by its id coming out.
 */
final class DeviceMap extends VmMap {
  private static final int MAX_QUEUE = 16384;
  private static final long FIRST_WORD = 0xffffffffL;

  private final boolean cpus;
  private final int entries;
  private final long slots;
  private final TargetPrograms programs;

  DeviceMap(Maps maps, MapSpec spec) {
    super(
        maps, spec, XskMapLayout.XSK_MAP + Integer.toUnsignedLong(spec.maxEntries()) * Long.BYTES);
    cpus = spec.type() == MapType.CPUMAP;
    entries = spec.maxEntries();
    slots = address() + XskMapLayout.XSK_MAP;
    programs = new TargetPrograms(maps, cpus ? AttachType.XDP_CPUMAP : AttachType.XDP_DEVMAP);
  }

  @Override
  public boolean accept(MapProgram program) {
    return programs.accept(program);
  }

  /** The address of the slot with that index, or 0. */
  private long slot(int index) {
    return Integer.compareUnsigned(index, entries) < 0
        ? slots + Integer.toUnsignedLong(index) * Long.BYTES
        : 0;
  }

  private long used(int index) {
    long slot = slot(index);
    return slot != 0 && (Memory.getLongAcquire(slot) & FIRST_WORD) != 0 ? slot : 0;
  }

  @Override
  public long lookupElem(Cpu cpu, long key) {
    return used(Memory.getInt(key));
  }

  @Override
  public long redirect(int index, long flags) {
    long known = cpus ? 0 : RedirectTarget.BROADCAST | RedirectTarget.EXCLUDE_INGRESS;
    return RedirectTarget.verdict(used(index) != 0, flags, known);
  }

  @Override
  long copyOut(long key, long out, long flags) {
    long slot = used(Memory.getInt(key));
    if (slot == 0) {
      return -Errno.ENOENT;
    }
    Memory.copy(slot, out, valueSize());
    return 0;
  }

  @Override
  synchronized long copyIn(long key, long value, long flags) {
    int index = Memory.getInt(key);
    int first = Memory.getInt(value);
    int program = valueSize() == Long.BYTES ? Memory.getInt(value + Integer.BYTES) : 0;
    int errno = checkUpdate(index, first, flags);
    if (errno != 0) {
      return -errno;
    }
    if (first == 0) {
      if (program > 0 && !cpus) {
        return -Errno.EINVAL;
      }
      exchange(index, 0, 0);
      return 0;
    }
    long id = programs.acquire(program);
    if (id < 0) {
      // The allocation of a CPU's queue tells nothing but that it failed.
      return cpus ? -Errno.ENOMEM : id;
    }
    exchange(index, first, (int) id);
    return 0;
  }

  private int checkUpdate(int index, int first, long flags) {
    if (flags < 0 || flags > EXIST) {
      return Errno.EINVAL;
    }
    if (Integer.compareUnsigned(index, entries) >= 0) {
      return Errno.E2BIG;
    }
    if (flags == NOEXIST) {
      return Errno.EEXIST;
    }
    if (!cpus) {
      return first == 0 || maps().isDevice(first) ? 0 : Errno.EINVAL;
    }
    if (Integer.compareUnsigned(first, MAX_QUEUE) > 0) {
      return Errno.EOVERFLOW;
    }
    return machine().cpus().indexOf(index) < 0 ? Errno.ENODEV : 0;
  }

  private void exchange(int index, int first, int program) {
    Memory.putLongRelease(slot(index), (long) program << 32 | first & FIRST_WORD);
    programs.put(index, program);
  }

  @Override
  synchronized long remove(long key) {
    int index = Memory.getInt(key);
    if (slot(index) == 0) {
      return -Errno.EINVAL;
    }
    exchange(index, 0, 0);
    return 0;
  }

  @Override
  long copyNextKey(long key, long out) {
    return ArrayIndex.copyNext(key, out, entries);
  }

  /** Breaks the circle of programs that use the map and are in it. */
  @Override
  synchronized void userGone() {
    programs.clear();
  }
}

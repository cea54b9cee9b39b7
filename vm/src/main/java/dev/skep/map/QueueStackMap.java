package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.layout.BpfMapLayout;

/** BPF_MAP_TYPE_QUEUE and STACK (kernel/bpf/queue_stack_maps.c): values without keys. */
final class QueueStackMap extends VmMap {
  private final boolean queue;
  private final long values;
  private final long slots;
  private final long valueBytes;
  private long head;
  private long tail;

  QueueStackMap(Maps maps, MapSpec spec) {
    super(maps, spec, BpfMapLayout.SIZE);
    queue = spec.type() == MapType.QUEUE;
    slots = Integer.toUnsignedLong(spec.maxEntries());
    valueBytes = Integer.toUnsignedLong(spec.valueSize());
    values = Memory.allocate(slots * valueBytes);
  }

  private long slot(long position) {
    return values + position % slots * valueBytes;
  }

  @Override
  public synchronized long pushElem(long value, long flags) {
    boolean replace = (flags & EXIST) != 0;
    if ((flags & NOEXIST) != 0 || flags < 0 || flags > EXIST) {
      return -Errno.EINVAL;
    }
    if (head - tail == slots) {
      if (!replace) {
        return -Errno.E2BIG;
      }
      tail++; // the oldest goes, also from a stack
    }
    Memory.copy(value, slot(head), valueBytes);
    head++;
    return 0;
  }

  @Override
  public long popElem(long value) {
    return take(value, true);
  }

  @Override
  public long peekElem(long value) {
    return take(value, false);
  }

  private synchronized long take(long value, boolean remove) {
    if (head == tail) {
      Memory.fill(value, valueBytes, (byte) 0);
      return -Errno.ENOENT;
    }
    Memory.copy(slot(queue ? tail : head - 1), value, valueBytes);
    if (remove && queue) {
      tail++;
    } else if (remove) {
      head--;
    }
    return 0;
  }

  @Override
  public synchronized long elementCount() {
    return head - tail;
  }

  @Override
  long copyOut(long key, long out, long flags) {
    return peekElem(out);
  }

  @Override
  long copyIn(long key, long value, long flags) {
    return pushElem(value, flags);
  }

  @Override
  long copyOutAndRemove(long key, long out, long flags) {
    return popElem(out);
  }

  @Override
  long remove(long key) {
    return -Errno.EINVAL;
  }

  @Override
  long copyNextKey(long key, long out) {
    return -Errno.EINVAL;
  }

  @Override
  void freeContents() {
    Memory.free(values);
  }
}

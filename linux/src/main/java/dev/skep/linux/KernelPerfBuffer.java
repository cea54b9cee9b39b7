package dev.skep.linux;

import dev.skep.engine.BpfMap;
import dev.skep.engine.PerfBuffer;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Epoll;
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.Mapping;
import dev.skep.linux.sys.PerfEvents;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import dev.skep.program.MapType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/** The reader of a perf_event_array: an event with a ring of its own in each CPU's slot. */
final class KernelPerfBuffer implements PerfBuffer {
  private final KernelMap map;
  private final List<PerfRing> rings;
  private final Epoll epoll;
  private final Turns turns;

  private KernelPerfBuffer(KernelMap map, List<PerfRing> rings, Epoll epoll) {
    this.map = map;
    this.rings = rings;
    this.epoll = epoll;
    this.turns = new Turns(map.what("reader of"), this::release);
  }

  static KernelPerfBuffer of(KernelMap map, int bytesPerCpu, int wakeupEvents) {
    if (map.spec().type() != MapType.PERF_EVENT_ARRAY) {
      throw new UnsupportedException(
          map.what("perf buffer reader of") + " of type " + map.spec().type().text());
    }
    if (Integer.bitCount(bytesPerCpu) != 1 || bytesPerCpu < Memory.pageSize()) {
      throw new IllegalArgumentException(
          "perf buffer of " + bytesPerCpu + " bytes: must be a power of two, and a page at least");
    }
    if (wakeupEvents < 1) {
      throw new IllegalArgumentException("wakeup after " + wakeupEvents + " samples");
    }
    Opened opened = new Opened();
    try {
      Epoll epoll = opened.take(new Epoll(map.bpf().syscalls()));
      List<PerfRing> rings = new ArrayList<>();
      int cpus = (int) Math.min(map.cpus(), Integer.toUnsignedLong(map.spec().maxEntries()));
      for (int cpu = 0; cpu < cpus; cpu++) {
        open(map, cpu, bytesPerCpu, wakeupEvents, epoll, opened, rings);
      }
      return new KernelPerfBuffer(map, rings, epoll);
    } catch (RuntimeException failed) {
      opened.close();
      throw failed;
    }
  }

  private static void open(
      KernelMap map,
      int cpu,
      int bytes,
      int wakeupEvents,
      Epoll epoll,
      Opened opened,
      List<PerfRing> rings) {
    Syscalls syscalls = map.bpf().syscalls();
    PerfEvents events = new PerfEvents(syscalls);
    String what = map.what("perf event of cpu " + cpu + " for");
    int number = events.openOutput(cpu, wakeupEvents);
    if (number == -Errno.ENODEV) {
      return; // possible, but not there now
    }
    if (number < 0) {
      throw new BpfErrnoException(-number, what, hint(-number));
    }
    Fd event = opened.take(new Fd(syscalls, number));
    Mapping mapping = opened.take(mapping(syscalls, event, bytes, what));
    PerfRing ring = new PerfRing(map.what("record in"), cpu, event, mapping, bytes);
    int enabled = events.enable(number);
    if (enabled < 0) {
      throw new BpfErrnoException(-enabled, what);
    }
    map.update(slot(cpu), slot(number), BpfMap.ANY);
    opened.take(() -> map.delete(slot(cpu)));
    epoll.add(number, Epoll.READABLE, cpu);
    rings.add(ring);
  }

  private static Mapping mapping(Syscalls syscalls, Fd event, int bytes, String what) {
    try {
      return Mapping.of(syscalls, event.number(), Memory.pageSize() + bytes, 0, true, what);
    } catch (BpfErrnoException refused) {
      throw new BpfErrnoException(
          refused.errno(),
          what,
          refused.errno() == Errno.EPERM
              ? "raise kernel.perf_event_mlock_kb, ulimit -l, or take fewer bytes per cpu"
              : "");
    }
  }

  private static String hint(int errno) {
    return errno == Errno.EPERM || errno == Errno.EACCES
        ? "needs CAP_PERFMON, or a lower kernel.perf_event_paranoid"
        : "";
  }

  private static byte[] slot(int number) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(number).array();
  }

  private void release() {
    for (PerfRing ring : rings) {
      emptySlot(ring.cpu());
      ring.close();
    }
    epoll.close();
    map.ended(this);
  }

  private void emptySlot(int cpu) {
    try {
      map.delete(slot(cpu));
    } catch (BpfErrnoException gone) {
      // Somebody else emptied the slot, or filled it and froze the map: not ours any more.
    }
  }

  private int drain(ToIntFunction<PerfRing> each) {
    int count = 0;
    for (int i = 0; i < rings.size() && !turns.closed(); i++) {
      count += each.applyAsInt(rings.get(i));
    }
    return count;
  }

  @Override
  public int consume(Consumer consumer) {
    return turns.take(() -> drain(ring -> ring.consume(consumer, turns::closed)));
  }

  @Override
  public int consumeInPlace(View view) {
    return turns.take(() -> drain(ring -> ring.consumeInPlace(view, turns::closed)));
  }

  @Override
  public int poll(Duration timeout, Consumer consumer) {
    return turns.poll(epoll, timeout, () -> drain(ring -> ring.consume(consumer, turns::closed)));
  }

  @Override
  public int pollInPlace(Duration timeout, View view) {
    return turns.poll(
        epoll, timeout, () -> drain(ring -> ring.consumeInPlace(view, turns::closed)));
  }

  @Override
  public void close() {
    turns.close();
  }
}

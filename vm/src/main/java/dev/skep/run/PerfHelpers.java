package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.map.Maps;
import dev.skep.map.PerfEventArrayMap;
import dev.skep.natives.Memory;
import dev.skep.program.ProgramType;

/**
 * Helpers on perf events (kernel/trace/bpf_trace.c, net/core/filter.c), and on stacks: there is no
 * kernel stack under a program here.
 */
final class PerfHelpers {
  private static final long INDEX_MASK = 0xffffffffL;

  /** Bits of the flags that say how much of the packet follows the sample. */
  private static final long CTXLEN_MASK = 0xfffffL << 32;

  private static final int CTXLEN_SHIFT = 32;

  /** struct bpf_perf_event_value. */
  private static final int VALUE_SIZE = 24;

  private static final long SKIP_MASK = 0xff;
  private static final long USER_STACK = 1 << 8;
  private static final long FAST_STACK_CMP = 1 << 9;
  private static final long REUSE_STACKID = 1 << 10;
  private static final long USER_BUILD_ID = 1 << 11;

  private final Maps maps;

  PerfHelpers(Maps maps) {
    this.maps = maps;
  }

  void define(HelperTable table) {
    table.set(25, (cpu, ctx, map, flags, data, size) -> output(cpu, map, flags, data, (int) size));
    for (ProgramType type : ProgramType.values()) {
      switch (type) {
        case SOCKET_FILTER, SCHED_CLS, SCHED_ACT, CGROUP_SKB, LWT_IN, LWT_OUT, LWT_XMIT, SK_SKB ->
            table.set(type, 25, this::skbOutput);
        case XDP -> table.set(type, 25, this::xdpOutput);
        default -> {
          // Has no packet to add.
        }
      }
    }
    table.set(22, (cpu, map, flags, r3, r4, r5) -> events(map).read(cpu, flags));
    table.set(55, this::readValue);
    table.set(27, (cpu, ctx, map, flags, r4, r5) -> stackId(flags));
    table.set(67, (cpu, ctx, buffer, size, flags, r5) -> stack(buffer, size, flags));
    table.set(141, (cpu, task, buffer, size, flags, r5) -> stack(buffer, size, flags));
  }

  private PerfEventArrayMap events(long map) {
    if (maps.at(map) instanceof PerfEventArrayMap events) {
      return events;
    }
    throw new IllegalStateException("no perf event array: " + maps.at(map));
  }

  private long output(Cpu cpu, long map, long flags, long data, int size) {
    if ((flags & ~INDEX_MASK) != 0) {
      return -Errno.EINVAL;
    }
    return events(map)
        .output(cpu, flags, size, (target, offset) -> Memory.copy(data, target, offset, size));
  }

  private long skbOutput(Cpu cpu, long skb, long map, long flags, long data, long size) {
    return packetOutput(
        cpu,
        map,
        flags,
        data,
        (int) size,
        Skb.len(skb),
        (target, offset) -> {
          int length = packetBytes(flags);
          Memory.copy(Skb.data(skb), target, offset, length);
        });
  }

  private long xdpOutput(Cpu cpu, long xdp, long map, long flags, long data, long size) {
    return packetOutput(
        cpu,
        map,
        flags,
        data,
        (int) size,
        Xdp.length(xdp),
        (target, offset) -> Xdp.copy(xdp, target, offset, packetBytes(flags)));
  }

  private static int packetBytes(long flags) {
    return (int) ((flags & CTXLEN_MASK) >>> CTXLEN_SHIFT);
  }

  private long packetOutput(
      Cpu cpu,
      long map,
      long flags,
      long data,
      int size,
      int packetLength,
      PerfEventArrayMap.Sample packet) {
    if ((flags & ~(CTXLEN_MASK | INDEX_MASK)) != 0) {
      return -Errno.EINVAL;
    }
    int wanted = packetBytes(flags);
    if (wanted > packetLength) {
      return -Errno.EFAULT;
    }
    return events(map)
        .output(
            cpu,
            flags & INDEX_MASK,
            size + wanted,
            (target, offset) -> {
              Memory.copy(data, target, offset, size);
              if (wanted > 0) {
                packet.copy(target, offset + size);
              }
            });
  }

  private long readValue(Cpu cpu, long map, long flags, long value, long size, long r5) {
    Memory.fill(value, size & INDEX_MASK, (byte) 0);
    return size != VALUE_SIZE ? -Errno.EINVAL : events(map).read(cpu, flags);
  }

  private static long stackId(long flags) {
    long known = SKIP_MASK | USER_STACK | FAST_STACK_CMP | REUSE_STACKID;
    return (flags & ~known) != 0 ? -Errno.EINVAL : -Errno.EFAULT;
  }

  private static long stack(long buffer, long size, long flags) {
    Memory.fill(buffer, size & INDEX_MASK, (byte) 0);
    boolean known = (flags & ~(SKIP_MASK | USER_STACK | USER_BUILD_ID)) == 0;
    boolean userOnly = (flags & USER_BUILD_ID) == 0 || (flags & USER_STACK) != 0;
    return known && userOnly ? -Errno.EFAULT : -Errno.EINVAL;
  }
}

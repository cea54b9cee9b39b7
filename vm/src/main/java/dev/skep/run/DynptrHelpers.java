package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.BpfCallback;
import dev.skep.machine.Cpu;
import dev.skep.map.Maps;
import dev.skep.map.RingbufMap;
import dev.skep.map.UserRingbufMap;
import dev.skep.natives.Memory;
import dev.skep.program.ProgramType;
import java.util.List;

/** Helpers and kernel functions on dynptrs (kernel/bpf/helpers.c, net/core/filter.c). */
final class DynptrHelpers {
  private static final long U32 = 0xffffffffL;

  /** Bytes that are copied at once where the memory is in pieces. */
  private static final int CHUNK = 256;

  private final Maps maps;

  DynptrHelpers(Maps maps) {
    this.maps = maps;
  }

  void define(HelperTable table) {
    table.set(197, (cpu, data, size, flags, ptr, r5) -> fromMemory(data, size & U32, flags, ptr));
    table.set(
        201,
        (cpu, to, length, ptr, offset, flags) ->
            flags != 0 ? -Errno.EINVAL : Dynptr.read(to, length & U32, ptr, offset & U32));
    table.set(
        202,
        (cpu, ptr, offset, from, length, flags) ->
            Dynptr.write(ptr, offset & U32, from, length & U32, flags));
    table.set(203, (cpu, ptr, offset, length, r4, r5) -> data(ptr, offset & U32, length & U32));
    table.set(198, this::reserve);
    table.set(199, (cpu, ptr, flags, r3, r4, r5) -> commit(ptr, flags, false));
    table.set(200, (cpu, ptr, flags, r3, r4, r5) -> commit(ptr, flags, true));
    table.set(209, this::drain);
    sources(table);
    windows(table);
    contents(table);
  }

  private static long fromMemory(long data, long size, long flags, long dynptr) {
    if (size > Dynptr.MAX_SIZE || flags != 0) {
      Dynptr.setNull(dynptr);
      return size > Dynptr.MAX_SIZE ? -Errno.E2BIG : -Errno.EINVAL;
    }
    Dynptr.set(dynptr, data, Dynptr.LOCAL, (int) size, false);
    return 0;
  }

  private static long data(long dynptr, long offset, long length) {
    if (Dynptr.isNull(dynptr)
        || Dynptr.isReadOnly(dynptr)
        || !Dynptr.isInside(dynptr, offset, length)) {
      return 0;
    }
    return switch (Dynptr.type(dynptr)) {
      case Dynptr.LOCAL, Dynptr.RINGBUF -> Dynptr.data(dynptr) + Dynptr.place(dynptr, offset);
      default -> 0;
    };
  }

  private long reserve(Cpu cpu, long map, long size, long flags, long dynptr, long r5) {
    Dynptr.setNull(dynptr);
    long length = size & U32;
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    if (length > Dynptr.MAX_SIZE) {
      return -Errno.E2BIG;
    }
    if (!(maps.at(map) instanceof RingbufMap ring)) {
      throw new IllegalStateException("no ring buffer: " + maps.at(map));
    }
    long sample = ring.reserve(length);
    if (sample == 0) {
      return -Errno.EINVAL;
    }
    Dynptr.set(dynptr, sample, Dynptr.RINGBUF, (int) length, false);
    return 0;
  }

  private long commit(long dynptr, long flags, boolean discard) {
    long sample = Dynptr.data(dynptr);
    if (sample != 0) {
      maps.ringOf(sample).commit(sample, flags, discard);
      Dynptr.setNull(dynptr);
    }
    return 0;
  }

  private long drain(Cpu cpu, long map, long function, long context, long flags, long r5) {
    if (!(maps.at(map) instanceof UserRingbufMap ring)) {
      throw new IllegalStateException("no user ring buffer: " + maps.at(map));
    }
    BpfCallback callback = cpu.callback();
    long dynptr = Memory.allocate(Dynptr.SIZE_BYTES);
    maps.machine().addressSpace().add(dynptr, Dynptr.SIZE_BYTES);
    try {
      return ring.drain(
          cpu,
          flags,
          (sample, length) -> {
            Dynptr.set(dynptr, sample, Dynptr.LOCAL, length, false);
            return callback.call(function, dynptr, context, 0, 0, 0);
          });
    } finally {
      maps.machine().addressSpace().remove(dynptr);
      Memory.free(dynptr);
    }
  }

  // ---- kernel functions; those that return an int leave the upper half of R0 zero ----

  private static void sources(HelperTable table) {
    for (String name : List.of("bpf_dynptr_from_skb", "bpf_dynptr_from_skb_rdonly")) {
      boolean only = name.endsWith("_rdonly");
      table.set(name, (cpu, skb, flags, ptr, r4, r5) -> fromSkb(skb, flags, ptr, only));
    }
    // Programs that may not write to the packet get dynptrs that cannot.
    for (ProgramType type :
        List.of(
            ProgramType.SOCKET_FILTER,
            ProgramType.CGROUP_SKB,
            ProgramType.LWT_IN,
            ProgramType.LWT_OUT,
            ProgramType.SK_REUSEPORT,
            ProgramType.NETFILTER)) {
      table.set(
          type,
          "bpf_dynptr_from_skb",
          (cpu, skb, flags, ptr, r4, r5) -> fromSkb(skb, flags, ptr, true));
    }
    for (String name : List.of("bpf_dynptr_from_xdp", "bpf_dynptr_from_xdp_rdonly")) {
      table.set(
          name,
          (cpu, xdp, flags, ptr, r4, r5) ->
              from(xdp, Dynptr.XDP, Xdp.length(xdp), flags, ptr, false));
    }
    for (String name : List.of("bpf_dynptr_from_skb_meta", "bpf_dynptr_from_skb_meta_rdonly")) {
      // Socket buffers of test runs have no metadata.
      table.set(
          name, (cpu, skb, flags, ptr, r4, r5) -> from(skb, Dynptr.SKB_META, 0, flags, ptr, false));
    }
  }

  private static long fromSkb(long skb, long flags, long dynptr, boolean readOnly) {
    return from(skb, Dynptr.SKB, Skb.len(skb), flags, dynptr, readOnly);
  }

  private static long from(
      long packet, int type, int size, long flags, long dynptr, boolean readOnly) {
    if (flags != 0) {
      Dynptr.setNull(dynptr);
      return -Errno.EINVAL & U32;
    }
    Dynptr.set(dynptr, packet, type, size, readOnly);
    return 0;
  }

  private static void windows(HelperTable table) {
    table.set(
        "bpf_dynptr_size",
        (cpu, ptr, r2, r3, r4, r5) -> Dynptr.isNull(ptr) ? -Errno.EINVAL & U32 : Dynptr.size(ptr));
    table.set("bpf_dynptr_is_null", (cpu, ptr, r2, r3, r4, r5) -> Dynptr.isNull(ptr) ? 1 : 0);
    table.set(
        "bpf_dynptr_is_rdonly",
        (cpu, ptr, r2, r3, r4, r5) -> !Dynptr.isNull(ptr) && Dynptr.isReadOnly(ptr) ? 1 : 0);
    table.set(
        "bpf_dynptr_adjust",
        (cpu, ptr, start, end, r4, r5) -> adjust(ptr, start & U32, end & U32) & U32);
    table.set("bpf_dynptr_clone", DynptrHelpers::copyOf);
  }

  private static long adjust(long dynptr, long start, long end) {
    if (Dynptr.isNull(dynptr) || start > end) {
      return -Errno.EINVAL;
    }
    if (end > Dynptr.size(dynptr)) {
      return -Errno.ERANGE;
    }
    Dynptr.narrow(dynptr, (int) start, (int) (end - start));
    return 0;
  }

  private static long copyOf(Cpu cpu, long dynptr, long clone, long r3, long r4, long r5) {
    if (Dynptr.isNull(dynptr)) {
      Dynptr.setNull(clone);
      return -Errno.EINVAL & U32;
    }
    Dynptr.copy(dynptr, clone);
    return 0;
  }

  private static void contents(HelperTable table) {
    table.set(
        "bpf_dynptr_slice",
        (cpu, ptr, offset, buffer, length, r5) -> slice(ptr, offset & U32, buffer, length & U32));
    table.set(
        "bpf_dynptr_slice_rdwr",
        (cpu, ptr, offset, buffer, length, r5) ->
            Dynptr.isReadOnly(ptr) ? 0 : slice(ptr, offset & U32, buffer, length & U32));
    table.set(
        "bpf_dynptr_copy",
        (cpu, to, toOffset, from, fromOffset, length) ->
            copy(to, toOffset & U32, from, fromOffset & U32, length & U32) & U32);
    table.set(
        "bpf_dynptr_memset",
        (cpu, ptr, offset, length, value, r5) ->
            fill(ptr, offset & U32, length & U32, (byte) value) & U32);
  }

  private static long slice(long dynptr, long offset, long buffer, long length) {
    if (Dynptr.isNull(dynptr) || !Dynptr.isInside(dynptr, offset, length)) {
      return 0;
    }
    long memory = Dynptr.slice(dynptr, offset, length);
    if (memory == 0 && buffer != 0 && Dynptr.read(buffer, length, dynptr, offset) == 0) {
      return buffer;
    }
    return memory;
  }

  private static long copy(long to, long toOffset, long from, long fromOffset, long length) {
    long source = slice(from, fromOffset, 0, length);
    long target = Dynptr.isReadOnly(to) ? 0 : slice(to, toOffset, 0, length);
    if (source != 0 && target != 0) {
      Memory.copy(source, target, length);
      return 0;
    }
    if (source != 0) {
      return Dynptr.write(to, toOffset, source, length, 0);
    }
    if (target != 0) {
      return Dynptr.read(target, length, from, fromOffset);
    }
    if (!Dynptr.isInside(to, toOffset, length) || !Dynptr.isInside(from, fromOffset, length)) {
      return -Errno.E2BIG;
    }
    return inChunks(
        length,
        (chunk, done, bytes) -> {
          long errno = Dynptr.read(chunk, bytes, from, fromOffset + done);
          return errno != 0 ? errno : Dynptr.write(to, toOffset + done, chunk, bytes, 0);
        });
  }

  private static long fill(long dynptr, long offset, long length, byte value) {
    long target = Dynptr.isReadOnly(dynptr) ? 0 : slice(dynptr, offset, 0, length);
    if (target != 0) {
      Memory.fill(target, length, value);
      return 0;
    }
    if (Dynptr.isReadOnly(dynptr)) {
      return -Errno.EINVAL;
    }
    if (!Dynptr.isInside(dynptr, offset, length)) {
      return -Errno.E2BIG;
    }
    return inChunks(
        length,
        (chunk, done, bytes) -> {
          Memory.fill(chunk, bytes, value);
          return Dynptr.write(dynptr, offset + done, chunk, bytes, 0);
        });
  }

  /** Handles one piece. */
  private interface Piece {
    long at(long chunk, long done, long bytes);
  }

  private static long inChunks(long length, Piece piece) {
    long chunk = Memory.allocate(CHUNK);
    try {
      for (long done = 0; done < length; ) {
        long bytes = Math.min(CHUNK, length - done);
        long errno = piece.at(chunk, done, bytes);
        if (errno != 0) {
          return errno;
        }
        done += bytes;
      }
      return 0;
    } finally {
      Memory.free(chunk);
    }
  }
}

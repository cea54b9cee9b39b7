package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.map.Maps;
import dev.skep.natives.Memory;
import dev.skep.program.ProgramType;

/** Helpers that ask for cgroups, sockets and descriptors, of which there are none here. */
final class AbsentHelpers {
  private static final long U32 = 0xffffffffL;

  private AbsentHelpers() {}

  static void define(HelperTable table, Maps maps) {
    table.set(33, (cpu, skb, map, index, r4, r5) -> underCgroup(maps, map, index));
    table.set(37, (cpu, map, index, r3, r4, r5) -> underCgroup(maps, map, index));
    for (int id : new int[] {136, 137, 138, 139, 140, 162, 178, 196}) {
      table.set(id, (cpu, sk, r2, r3, r4, r5) -> 0);
    }
    // No packet of a test run is at the ingress of a device; a lookup may take its choice back.
    table.set(
        124,
        (cpu, skb, sk, flags, r4, r5) -> sk == 0 || flags != 0 ? -Errno.EINVAL : -Errno.EOPNOTSUPP);
    table.set(
        ProgramType.SK_LOOKUP,
        124,
        (cpu, ctx, sk, flags, r4, r5) ->
            (flags & ~3) != 0 ? -Errno.EINVAL : sk == 0 ? 0 : -Errno.EOPNOTSUPP);
    table.set(100, (cpu, sk, iph, length, th, size) -> -Errno.EINVAL);
    table.set(110, (cpu, sk, iph, length, th, size) -> -Errno.EINVAL);
    table.set(
        66,
        (cpu, skb, index, to, size, flags) -> {
          Memory.fill(to, size & U32, (byte) 0);
          return -Errno.EINVAL;
        });
    table.set(168, (cpu, fd, r2, r3, r4, r5) -> -Errno.EBADF);
    table.set(166, (cpu, command, attr, size, r4, r5) -> -Errno.EINVAL);
    table.set(194, (cpu, place, pointer, r3, r4, r5) -> Memory.getAndSetLong(place, pointer));
  }

  private static long underCgroup(Maps maps, long map, long index) {
    int entries = maps.at(map).maxEntries();
    return Integer.compareUnsigned((int) index, entries) >= 0 ? -Errno.E2BIG : -Errno.EAGAIN;
  }
}

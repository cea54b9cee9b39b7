package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.BpfFunction;
import dev.skep.map.CgroupStorageMap;
import dev.skep.map.LocalStorageMap;
import dev.skep.map.Maps;
import dev.skep.rewrite.KernelFunction;

/** Helpers on values that belong to sockets, tasks, inodes and cgroups. */
final class StorageHelpers {
  private static final int SK_DROP = 0;

  private final Maps maps;

  StorageHelpers(Maps maps) {
    this.maps = maps;
  }

  void define(HelperTable table) {
    BpfFunction get =
        (cpu, map, owner, initial, flags, r5) -> storage(map).get(owner, initial, flags);
    for (int id : new int[] {107, 145, 156, 210}) {
      table.set(id, get);
    }
    table.set(KernelFunction.TASK_STORAGE_GET_RECUR, get);
    BpfFunction delete = (cpu, map, owner, r3, r4, r5) -> storage(map).deleteOf(owner);
    for (int id : new int[] {108, 146, 157, 211}) {
      table.set(id, delete);
    }
    table.set(KernelFunction.TASK_STORAGE_DELETE_RECUR, delete);
    table.set(81, (cpu, map, flags, r3, r4, r5) -> cgroupStorage(map).value(cpu));
    sockets(table);
  }

  /** Maps of sockets are empty. */
  private static void sockets(HelperTable table) {
    for (int redirect : new int[] {52, 60, 71, 72}) {
      table.set(redirect, (cpu, ctx, map, key, flags, r5) -> SK_DROP);
    }
    table.set(53, (cpu, ops, map, key, flags, r5) -> -Errno.EOPNOTSUPP);
    table.set(70, (cpu, ops, map, key, flags, r5) -> -Errno.EOPNOTSUPP);
    table.set(82, (cpu, reuse, map, key, flags, r5) -> -Errno.ENOENT);
  }

  private LocalStorageMap storage(long map) {
    if (maps.at(map) instanceof LocalStorageMap storage) {
      return storage;
    }
    throw new IllegalStateException("no local storage: " + maps.at(map));
  }

  private CgroupStorageMap cgroupStorage(long map) {
    if (maps.at(map) instanceof CgroupStorageMap storage) {
      return storage;
    }
    throw new IllegalStateException("no cgroup storage: " + maps.at(map));
  }
}

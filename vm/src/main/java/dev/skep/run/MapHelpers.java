package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.BpfCallback;
import dev.skep.machine.BpfFunction;
import dev.skep.machine.Cpu;
import dev.skep.map.Maps;
import dev.skep.map.RingbufMap;
import dev.skep.map.VmMap;
import dev.skep.rewrite.KernelFunction;

/** Helpers that work on maps, and the map operations that rewritten code calls directly. */
final class MapHelpers {
  private final Maps maps;

  MapHelpers(Maps maps) {
    this.maps = maps;
  }

  void define(HelperTable table) {
    elements(table);
    ringbuf(table);
    locks(table);
    table.set(164, this::forEach);
    table.set(KernelFunction.FOR_EACH_ARRAY_ELEM, this::forEach);
    table.set(KernelFunction.FOR_EACH_HASH_ELEM, this::forEach);
  }

  private void elements(HelperTable table) {
    BpfFunction lookup = (cpu, map, key, r3, r4, r5) -> maps.at(map).lookupElem(cpu, key);
    BpfFunction update =
        (cpu, map, key, value, flags, r5) -> maps.at(map).updateElem(cpu, key, value, flags);
    BpfFunction delete = (cpu, map, key, r3, r4, r5) -> maps.at(map).deleteElem(cpu, key);
    BpfFunction lookupPerCpu =
        (cpu, map, key, number, r4, r5) -> maps.at(map).lookupPerCpuElem(key, (int) number);
    BpfFunction push = (cpu, map, value, flags, r4, r5) -> maps.at(map).pushElem(value, flags);
    BpfFunction pop = (cpu, map, value, r3, r4, r5) -> maps.at(map).popElem(value);
    BpfFunction peek = (cpu, map, value, r3, r4, r5) -> maps.at(map).peekElem(value);
    BpfFunction redirect =
        (cpu, map, index, flags, r4, r5) -> maps.at(map).redirect((int) index, flags);
    table.set(51, redirect);
    table.set(1, lookup);
    table.set(2, update);
    table.set(3, delete);
    table.set(87, push);
    table.set(88, pop);
    table.set(89, peek);
    table.set(195, lookupPerCpu);
    table.set(
        KernelFunction.HTAB_MAP_LOOKUP,
        (cpu, map, key, r3, r4, r5) -> maps.at(map).findElement(key));
    for (KernelFunction function : KernelFunction.values()) {
      switch (function) {
        case ARRAY_MAP_LOOKUP,
            HTAB_LRU_PERCPU_MAP_LOOKUP,
            TRIE_LOOKUP,
            DEV_MAP_LOOKUP,
            DEV_MAP_HASH_LOOKUP,
            SOCK_MAP_LOOKUP,
            SOCK_HASH_LOOKUP ->
            table.set(function, lookup);
        case ARRAY_MAP_UPDATE,
            HTAB_MAP_UPDATE,
            HTAB_PERCPU_MAP_UPDATE,
            HTAB_LRU_MAP_UPDATE,
            HTAB_LRU_PERCPU_MAP_UPDATE,
            TRIE_UPDATE ->
            table.set(function, update);
        case ARRAY_MAP_DELETE,
            HTAB_MAP_DELETE,
            HTAB_LRU_MAP_DELETE,
            TRIE_DELETE,
            SOCK_MAP_DELETE,
            SOCK_HASH_DELETE ->
            table.set(function, delete);
        case DEV_MAP_REDIRECT, DEV_HASH_MAP_REDIRECT, CPU_MAP_REDIRECT, XSK_MAP_REDIRECT ->
            table.set(function, redirect);
        case HTAB_PERCPU_MAP_LOOKUP_PERCPU,
            HTAB_LRU_PERCPU_MAP_LOOKUP_PERCPU,
            PERCPU_ARRAY_MAP_LOOKUP_PERCPU ->
            table.set(function, lookupPerCpu);
        case QUEUE_STACK_MAP_PUSH, BLOOM_MAP_PUSH -> table.set(function, push);
        case QUEUE_MAP_POP, STACK_MAP_POP -> table.set(function, pop);
        case QUEUE_MAP_PEEK, STACK_MAP_PEEK, BLOOM_MAP_PEEK -> table.set(function, peek);
        default -> {
          // Not an operation on elements of the maps that exist here.
        }
      }
    }
  }

  /** Locks in values; programs hold one at a time, and call nothing meanwhile. */
  private static void locks(HelperTable table) {
    table.set(93, (cpu, lock, r2, r3, r4, r5) -> VmMap.lock(lock));
    table.set(94, (cpu, lock, r2, r3, r4, r5) -> VmMap.unlock(lock));
  }

  private long forEach(Cpu cpu, long map, long function, long context, long flags, long r5) {
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    BpfCallback callback = cpu.callback();
    return maps.at(map)
        .forEach(cpu, (key, value) -> callback.call(function, map, key, value, context, 0));
  }

  private RingbufMap ring(long map) {
    VmMap found = maps.at(map);
    if (found instanceof RingbufMap ring) {
      return ring;
    }
    throw new IllegalStateException("no ring buffer: " + found);
  }

  private void ringbuf(HelperTable table) {
    table.set(130, (cpu, map, data, size, flags, r5) -> ring(map).output(data, size, flags));
    table.set(131, (cpu, map, size, flags, r4, r5) -> flags != 0 ? 0 : ring(map).reserve(size));
    table.set(132, (cpu, sample, flags, r3, r4, r5) -> commit(sample, flags, false));
    table.set(133, (cpu, sample, flags, r3, r4, r5) -> commit(sample, flags, true));
    table.set(134, (cpu, map, what, r3, r4, r5) -> ring(map).query(what));
  }

  private long commit(long sample, long flags, boolean discard) {
    maps.ringOf(sample).commit(sample, flags, discard);
    return 0;
  }
}

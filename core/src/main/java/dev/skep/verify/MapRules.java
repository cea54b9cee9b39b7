package dev.skep.verify;

import dev.skep.errors.Errno;
import dev.skep.program.AttachType;
import dev.skep.program.Helpers;
import dev.skep.program.MapType;

/** Which helpers take which types of maps (check_map_func_compatibility). */
final class MapRules {
  private MapRules() {}

  static void check(Env env, int map, int helper) {
    if (map == CallArguments.NO_MAP) {
      return;
    }
    MapType type = env.mapOf(map).type();
    if (!mapAllows(env, type, helper) || !helperAllows(type, helper)) {
      throw env.reject(
          Errno.EINVAL,
          "cannot pass map_type "
              + type.number()
              + " into func "
              + Helpers.name(helper)
              + "#"
              + helper);
    }
  }

  private static boolean mapAllows(Env env, MapType type, int helper) {
    return switch (type) {
      case PROG_ARRAY -> helper == 12;
      case PERF_EVENT_ARRAY ->
          helper == 22 || helper == 25 || helper == 111 || helper == 55 || helper == 121;
      case RINGBUF ->
          helper == 130
              || helper == 131
              || helper == 134
              || helper == 198
              || helper == 199
              || helper == 200;
      case USER_RINGBUF -> helper == 209;
      case STACK_TRACE -> helper == 27;
      case CGROUP_ARRAY -> helper == 33 || helper == 37;
      case CGROUP_STORAGE, PERCPU_CGROUP_STORAGE -> helper == 81;
      case DEVMAP, DEVMAP_HASH, XSKMAP -> helper == 51 || helper == 1;
      case CPUMAP -> helper == 51;
      case ARRAY_OF_MAPS, HASH_OF_MAPS -> helper == 1;
      case SOCKMAP, SOCKHASH -> sockMapAllows(env, type, helper);
      case REUSEPORT_SOCKARRAY -> helper == 82;
      case QUEUE, STACK -> helper == 87 || helper == 88 || helper == 89;
      case SK_STORAGE -> helper == 107 || helper == 108 || helper == 194;
      case INODE_STORAGE -> helper == 145 || helper == 146 || helper == 194;
      case TASK_STORAGE -> helper == 156 || helper == 157 || helper == 194;
      case CGRP_STORAGE -> helper == 210 || helper == 211 || helper == 194;
      case BLOOM_FILTER -> helper == 87 || helper == 89;
      default -> true;
    };
  }

  private static boolean sockMapAllows(Env env, MapType type, int helper) {
    if (helper == 1 || helper == 82) {
      return true;
    }
    if (type == MapType.SOCKMAP
        ? helper == 52 || helper == 53 || helper == 60
        : helper == 72 || helper == 70 || helper == 71) {
      return true;
    }
    boolean updates =
        (helper == 2 || helper == 3)
            && switch (env.program.resolvedType()) {
              case SOCK_OPS -> helper == 3;
              case TRACING -> env.program.expectedAttachType() == AttachType.TRACE_ITER.number();
              case SOCKET_FILTER,
                  SCHED_CLS,
                  SCHED_ACT,
                  XDP,
                  SK_REUSEPORT,
                  FLOW_DISSECTOR,
                  SK_LOOKUP ->
                  true;
              default -> false;
            };
    if (!updates && (helper == 2 || helper == 3)) {
      env.verbose("cannot update sockmap in this context\n");
    }
    return updates;
  }

  private static boolean helperAllows(MapType type, int helper) {
    return switch (helper) {
      case 12 -> type == MapType.PROG_ARRAY;
      case 22, 25, 55, 111, 121 -> type == MapType.PERF_EVENT_ARRAY;
      case 130, 131, 134, 198, 199, 200 -> type == MapType.RINGBUF;
      case 209 -> type == MapType.USER_RINGBUF;
      case 27 -> type == MapType.STACK_TRACE;
      case 33, 37 -> type == MapType.CGROUP_ARRAY;
      case 51 ->
          type == MapType.DEVMAP
              || type == MapType.DEVMAP_HASH
              || type == MapType.CPUMAP
              || type == MapType.XSKMAP;
      case 52, 53, 60 -> type == MapType.SOCKMAP;
      case 70, 71, 72 -> type == MapType.SOCKHASH;
      case 81 -> type == MapType.CGROUP_STORAGE || type == MapType.PERCPU_CGROUP_STORAGE;
      case 82 ->
          type == MapType.REUSEPORT_SOCKARRAY
              || type == MapType.SOCKMAP
              || type == MapType.SOCKHASH;
      case 88 -> type == MapType.QUEUE || type == MapType.STACK;
      case 87, 89 -> type == MapType.QUEUE || type == MapType.STACK || type == MapType.BLOOM_FILTER;
      case 195 ->
          type == MapType.PERCPU_ARRAY
              || type == MapType.PERCPU_HASH
              || type == MapType.LRU_PERCPU_HASH;
      case 107, 108 -> type == MapType.SK_STORAGE;
      case 145, 146 -> type == MapType.INODE_STORAGE;
      case 156, 157 -> type == MapType.TASK_STORAGE;
      case 210, 211 -> type == MapType.CGRP_STORAGE;
      default -> true;
    };
  }
}

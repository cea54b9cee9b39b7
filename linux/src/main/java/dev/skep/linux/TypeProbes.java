package dev.skep.linux;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout.MapCreate;
import dev.skep.linux.sys.AttrLayout.ProgLoad;
import dev.skep.program.AttachType;
import dev.skep.program.MapType;
import dev.skep.program.ProgramType;

/** Whether program types, map types and helpers are there, asked as libbpf asks. */
final class TypeProbes {
  private static final int SLEEPABLE = 0x10;
  private static final int NO_PREALLOC = 1;
  private static final int MMAPABLE = 0x400;
  private static final int PAGE = 4096;

  private final Probe probe;

  TypeProbes(Probe probe) {
    this.probe = probe;
  }

  /** Types that need a target are there if the kernel complains about a wrong one. */
  boolean has(ProgramType type) {
    return switch (type) {
      case UNSPEC -> false;
      case TRACING, LSM -> complains(type, Errno.EINVAL, "attach_btf_id 1 is not a function");
      case EXT -> complains(type, Errno.EINVAL, "Cannot replace kernel functions");
      case STRUCT_OPS -> complains(type, Errno.ENOTSUPP, "");
      default ->
          probe.worked(
                  probe.program(type.number(), FeatureProbes.RETURN_0, attr -> put(attr, type)))
              || probe.worked(probe.program(type.number(), RETURN_1, attr -> put(attr, type)));
    };
  }

  /** Some types may return 1 only. */
  private static final long[] RETURN_1 = {
    InsnWord.of(0xb7, 0, 0, 0, 1), InsnWord.of(0x95, 0, 0, 0, 0)
  };

  private boolean complains(ProgramType type, int errno, String text) {
    Probe.Answer answer =
        probe.judged(type.number(), FeatureProbes.RETURN_0, attr -> put(attr, type));
    return answer.result() == -errno && answer.log().contains(text);
  }

  private static void put(Attr attr, ProgramType type) {
    switch (type) {
      case CGROUP_SOCK_ADDR -> attach(attr, AttachType.CGROUP_INET4_CONNECT);
      case CGROUP_SOCKOPT -> attach(attr, AttachType.CGROUP_GETSOCKOPT);
      case SK_LOOKUP -> attach(attr, AttachType.SK_LOOKUP);
      case LIRC_MODE2 -> attach(attr, AttachType.LIRC_MODE2);
      case NETFILTER -> attach(attr, AttachType.NETFILTER);
      case SYSCALL -> attr.putInt(ProgLoad.FLAGS, SLEEPABLE);
      case TRACING -> {
        attach(attr, AttachType.TRACE_FENTRY);
        attr.putInt(ProgLoad.ATTACH_BTF_ID, 1);
      }
      case LSM -> {
        attach(attr, AttachType.LSM_MAC);
        attr.putInt(ProgLoad.ATTACH_BTF_ID, 1);
      }
      case EXT -> attr.putInt(ProgLoad.ATTACH_BTF_ID, 1);
      default -> {
        // Its two instructions are enough.
      }
    }
  }

  private static void attach(Attr attr, AttachType type) {
    attr.putInt(ProgLoad.EXPECTED_ATTACH_TYPE, type.number());
  }

  /** A call without arguments: the log says whether the helper or its arguments are wrong. */
  boolean hasHelper(ProgramType type, int helper) {
    switch (type) {
      case UNSPEC, TRACING, LSM, EXT, STRUCT_OPS -> {
        return false;
      }
      default -> {
        // The question makes sense.
      }
    }
    long[] insns = {InsnWord.of(0x85, 0, 0, 0, helper), InsnWord.of(0x95, 0, 0, 0, 0)};
    Probe.Answer answer = probe.judged(type.number(), insns, attr -> put(attr, type));
    if (answer.result() >= 0) {
      return true;
    }
    String log = answer.log();
    return !log.isEmpty()
        && !log.contains("invalid func ")
        && !log.contains("unknown func ")
        && !log.contains("program of this type cannot use helper ");
  }

  boolean has(MapType type) {
    return switch (type) {
      case UNSPEC -> false;
      case STACK_TRACE -> created(type, 4, 8, 1, 0);
      case LPM_TRIE -> created(type, 8, 8, 1, NO_PREALLOC);
      case CGROUP_STORAGE, PERCPU_CGROUP_STORAGE -> created(type, 16, 8, 0, 0);
      case QUEUE, STACK, BLOOM_FILTER -> created(type, 0, 4, 1, 0);
      case RINGBUF, USER_RINGBUF -> created(type, 0, 0, PAGE, 0);
      case ARENA -> created(type, 0, 0, 1, MMAPABLE);
      case SK_STORAGE, INODE_STORAGE, TASK_STORAGE, CGRP_STORAGE -> storage(type);
      case ARRAY_OF_MAPS, HASH_OF_MAPS -> nested(type);
      case STRUCT_OPS -> structOps();
      default -> created(type, 4, 4, 1, 0);
    };
  }

  private boolean created(MapType type, int key, int value, int entries, int flags) {
    return probe.worked(
        probe.map(type.number(), key, value, entries, a -> a.putInt(MapCreate.FLAGS, flags)));
  }

  private boolean storage(MapType type) {
    return probe.with(
            probe.btf(ProbeTypes.lockedValue()),
            btf ->
                probe.worked(
                        probe.map(
                            type.number(),
                            4,
                            8,
                            0,
                            attr -> {
                              attr.putInt(MapCreate.FLAGS, NO_PREALLOC);
                              attr.putInt(MapCreate.BTF_FD, btf);
                              attr.putInt(MapCreate.BTF_KEY_TYPE_ID, 1);
                              attr.putInt(MapCreate.BTF_VALUE_TYPE_ID, 3);
                            }))
                    ? 0
                    : -1)
        >= 0;
  }

  private boolean nested(MapType type) {
    return probe.with(
            probe.map(MapType.HASH.number(), 4, 4, 1, null),
            inner ->
                probe.worked(
                        probe.map(
                            type.number(), 4, 4, 1, a -> a.putInt(MapCreate.INNER_MAP_FD, inner)))
                    ? 0
                    : -1)
        >= 0;
  }

  /** Type 1 of vmlinux is no struct_ops: a kernel that has them says ENOTSUPP. */
  private boolean structOps() {
    return probe.map(
            MapType.STRUCT_OPS.number(),
            4,
            4,
            1,
            attr -> attr.putInt(MapCreate.BTF_VMLINUX_VALUE_TYPE_ID, 1))
        == -Errno.ENOTSUPP;
  }
}

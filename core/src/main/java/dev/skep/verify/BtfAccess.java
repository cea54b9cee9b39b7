package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.program.License;
import dev.skep.program.SpecialFields;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Loads through pointers to structs that BTF describes: the kernel's, and struct bpf_map behind a
 * map pointer (check_ptr_to_btf_access, check_ptr_to_map_access).
 */
final class BtfAccess {
  private static final int TRUSTED_MODIFIERS = MEM_ALLOC | PTR_TRUSTED | NON_OWN_REF;

  private final Env env;
  private final boolean gpl;
  private final Map<String, Integer> lists = new HashMap<>();
  private @Nullable BtfWalk walk;

  BtfAccess(Env env) {
    this.env = env;
    gpl = License.isGplCompatible(env.program.license());
  }

  private BtfWalk walk(Btf btf) {
    BtfWalk made = walk;
    if (made == null) {
      made = new BtfWalk(env.log, btf);
      walk = made;
    }
    return made;
  }

  /**
   * Checks one access through a pointer that is not null and, for a load, sets the register.
   *
   * @param value register that is loaded, or {@link MemoryAccess#NO_REGISTER}
   */
  void check(int regno, int off, int size, boolean write, int value) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    int type = Reg.type(r, at);
    int number = Reg.handle2(r, at);
    int struct = Reg.handle(r, at);
    Btf btf = env.btfs.of(number);
    String name = btf.name(struct);
    keepFromOthers(name);
    if (!gpl && BtfObjects.isKernel(number)) {
      throw env.reject(
          Errno.EINVAL,
          "Cannot access kernel 'struct " + name + "' from non-GPL compatible program");
    }
    checkPlace(r, at, "R" + regno + " is ptr_" + name, off, type);
    if (write && checkWrite(btf, struct, type, off, size)) {
      return;
    }
    boolean object = (type & MEM_ALLOC) != 0;
    if (object) {
      checkObject(r, at, off, size);
    }
    BtfWalk found = walk(btf);
    int result = found.access(btf, struct, off, size);
    if (result < 0) {
      throw new Rejection(-result);
    }
    if (object && result == BtfWalk.POINTER) {
      // What a program stored is no pointer of the kernel's.
      result = BtfWalk.SCALAR;
    }
    if (!write && value >= 0) {
      int flags = result == BtfWalk.POINTER ? trust(r, at, found) : 0;
      load(Frame.reg(value), result, number, found.typeId, flags);
    }
  }

  private void checkPlace(long[] r, int at, String what, int off, int type) {
    if (off < 0) {
      throw env.reject(Errno.EACCES, what + " invalid negative access: off=" + off);
    }
    if (!Reg.isConst(r, at) || Reg.value(r, at) != 0) {
      throw env.reject(
          Errno.EACCES,
          what + " invalid variable offset: off=" + off + ", var_off=" + StackAccess.tnum(r, at));
    }
    if ((type & MEM_USER) != 0) {
      throw env.reject(Errno.EACCES, what + " access user memory: off=" + off);
    }
    if ((type & MEM_PERCPU) != 0) {
      throw env.reject(Errno.EACCES, what + " access percpu memory: off=" + off);
    }
  }

  /** Special fields of an allocated object are touched by kfuncs only (btf_struct_access). */
  private void checkObject(long[] r, int at, int off, int size) {
    if (Reg.handle2(r, at) != BtfObjects.PROGRAM) {
      return;
    }
    for (SpecialFields.Field field : env.btfs.objectFields(Reg.handle(r, at)).all()) {
      if (off < field.offset() + field.size() && field.offset() < off + size) {
        throw env.reject(Errno.EACCES, "direct access to " + field.name() + " is disallowed");
      }
    }
  }

  /** Whether a write is allowed by rules of the program's type alone. */
  private boolean checkWrite(Btf btf, int struct, int type, int off, int size) {
    if ((type & MEM_ALLOC) == 0) {
      switch (env.program.resolvedType()) {
        case STRUCT_OPS -> {
          new StructOpsWrites(env, btf).check(struct, off, size);
          return true;
        }
        case SCHED_CLS, SCHED_ACT, XDP -> {
          new ConnectionWrites(env, btf).check(struct, off, size);
          return true;
        }
        default -> {}
      }
    }
    if ((type & MEM_ALLOC) == 0 || (type & PTR_UNTRUSTED) != 0) {
      throw env.reject(Errno.EACCES, "only read is supported");
    }
    return false;
  }

  /** The flags of a pointer that was loaded through another. */
  private int trust(long[] r, int at, BtfWalk found) {
    int type = Reg.type(r, at);
    int flags = found.flags;
    if ((type & PTR_UNTRUSTED) != 0) {
      return PTR_UNTRUSTED;
    }
    if (!isTrusted(r, at) && (type & MEM_RCU) == 0) {
      return flags & ~(TRUSTED_MODIFIERS | MEM_RCU);
    }
    int number = Reg.handle2(r, at);
    int struct = Reg.handle(r, at);
    if (isListed(number, struct, found, "__safe_trusted")) {
      return flags | PTR_TRUSTED;
    }
    if (isListed(number, struct, found, "__safe_trusted_or_null")) {
      return flags | PTR_TRUSTED | MAYBE_NULL;
    }
    if (!env.inRcu() || (type & MAYBE_NULL) != 0) {
      return PTR_UNTRUSTED;
    }
    if (isListed(number, struct, found, "__safe_rcu")) {
      return flags | MEM_RCU;
    }
    boolean maybe = isListed(number, struct, found, "__safe_rcu_or_null");
    if ((flags & MEM_RCU) != 0 || maybe) {
      int result = flags | MEM_RCU | MAYBE_NULL;
      return maybe ? result & ~PTR_UNTRUSTED : result;
    }
    return (flags & (MEM_PERCPU | MEM_USER)) != 0 ? flags : flags & ~(TRUSTED_MODIFIERS | MEM_RCU);
  }

  /** is_trusted_reg, of a pointer to a struct. */
  static boolean isTrusted(long[] r, int at) {
    if (Reg.refObjId(r, at) != 0) {
      return true;
    }
    int flags = Reg.type(r, at) & ~BASE_MASK;
    return (flags & TRUSTED_MODIFIERS) != 0 && (flags & ~TRUSTED_MODIFIERS) == 0;
  }

  /**
   * Whether the kernel lists a field as one that keeps its parent's trust: as a member of a struct
   * that has the parent's name and a suffix (btf_nested_type_is_trusted).
   */
  private boolean isListed(int number, int struct, BtfWalk found, String suffix) {
    Btf btf = env.btfs.of(number);
    String name = btf.name(struct) + suffix;
    int list = lists.computeIfAbsent(name, wanted -> btf.find(wanted, btf.kind(struct)));
    for (int i = 0; list != 0 && i < btf.vlen(list); i++) {
      int member = btf.memberType(list, i);
      if (btf.kind(member) == BtfKind.PTR
          && btf.skip(btf.target(member), true) == found.typeId
          && btf.string(btf.memberNameOffset(list, i)).equals(found.field)) {
        return true;
      }
    }
    return false;
  }

  /** mark_btf_ld_reg. */
  private void load(int target, int result, int number, int typeId, int flags) {
    long[] r = env.regs();
    switch (result) {
      case BtfWalk.POINTER -> {
        Reg.markPointer(r, target, BTF_ID | flags);
        Reg.setHandles(r, target, typeId, number);
        if ((flags & MAYBE_NULL) != 0) {
          Reg.setId(r, target, env.nextId());
        }
      }
      case BtfWalk.POINTER_UNTRUSTED -> {
        Reg.markPointer(r, target, MEM | MEM_RDONLY | PTR_UNTRUSTED);
        Reg.setHandle(r, target, 0);
      }
      default -> Reg.markUnknown(r, target, false);
    }
  }

  /** A load through a map pointer reads struct bpf_map, or what embeds it for the map's type. */
  void checkMap(int regno, int off, int size, boolean write, int value) {
    Btf btf = env.btfs.vmlinux();
    if (btf == null) {
      throw env.unsupported("access to struct bpf_map without the kernel's BTF");
    }
    String struct = mapStruct(env.map(env.regs(), Frame.reg(regno)).type());
    int id = btf.find(struct, BtfKind.STRUCT);
    if (id == 0) {
      throw env.reject(
          Errno.ENOTSUPP, "map_ptr access not supported for map type " + mapNumber(regno));
    }
    keepFromOthers(struct);
    if (off < 0) {
      throw env.reject(
          Errno.EACCES, "R" + regno + " is " + struct + " invalid negative access: off=" + off);
    }
    if (write) {
      throw env.reject(Errno.EACCES, "only read from " + struct + " is supported");
    }
    BtfWalk found = walk(btf);
    int result = found.access(btf, id, off, size);
    if (result < 0) {
      throw new Rejection(-result);
    }
    if (value >= 0) {
      load(Frame.reg(value), result, BtfObjects.VMLINUX, found.typeId, found.flags);
    }
  }

  private void keepFromOthers(String struct) {
    if (env.guarded) {
      throw env.reject(
          Errno.EPERM,
          "'struct " + struct + "' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN");
    }
  }

  private int mapNumber(int regno) {
    return env.map(env.regs(), Frame.reg(regno)).type().number();
  }

  /** The struct of the kernel that a map of a type is (map_btf_id). */
  private static String mapStruct(dev.skep.program.MapType type) {
    return switch (type) {
      case HASH, PERCPU_HASH, LRU_HASH, LRU_PERCPU_HASH, HASH_OF_MAPS -> "bpf_htab";
      case ARRAY, PROG_ARRAY, PERF_EVENT_ARRAY, PERCPU_ARRAY, CGROUP_ARRAY, ARRAY_OF_MAPS ->
          "bpf_array";
      case LPM_TRIE -> "lpm_trie";
      case STACK_TRACE -> "bpf_stack_map";
      case DEVMAP, DEVMAP_HASH -> "bpf_dtab";
      case SOCKMAP -> "bpf_stab";
      case SOCKHASH -> "bpf_shtab";
      case CPUMAP -> "bpf_cpu_map";
      case XSKMAP -> "xsk_map";
      case CGROUP_STORAGE, PERCPU_CGROUP_STORAGE -> "bpf_cgroup_storage_map";
      case REUSEPORT_SOCKARRAY -> "reuseport_array";
      case QUEUE, STACK -> "bpf_queue_stack";
      case SK_STORAGE, INODE_STORAGE, TASK_STORAGE, CGRP_STORAGE -> "bpf_local_storage_map";
      case STRUCT_OPS -> "bpf_struct_ops_map";
      case RINGBUF, USER_RINGBUF -> "bpf_ringbuf_map";
      case BLOOM_FILTER -> "bpf_bloom_filter";
      case ARENA -> "bpf_arena";
      default -> "";
    };
  }
}

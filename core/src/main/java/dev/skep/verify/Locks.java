package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.program.MapSpec;
import dev.skep.program.SpecialFields;

/** Spin locks in map values, and the place of other special fields that helpers take. */
final class Locks {
  private final Env env;

  Locks(Env env) {
    this.env = env;
  }

  /** process_spin_lock. */
  void check(int regno, boolean lock) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (Reg.base(r, at) != MAP_VALUE) {
      throw env.unsupported("locks in allocated objects");
    }
    place(regno, SpecialFields.SPIN_LOCK);
    State state = env.cur;
    int id = Reg.id(r, at);
    int map = Reg.handle(r, at);
    if (lock) {
      if (state.activeLocks != 0) {
        throw env.reject(Errno.EINVAL, "Locking two bpf_spin_locks are not allowed");
      }
      state.acquire(State.REF_LOCK, id, env.insn);
      state.activeLocks++;
      state.activeLockId = id;
      state.activeLockMap = map;
      return;
    }
    if (state.activeLocks == 0) {
      throw env.reject(Errno.EINVAL, "bpf_spin_unlock without taking a lock");
    }
    if (state.activeLockId != id || state.activeLockMap != map) {
      throw env.reject(Errno.EINVAL, "bpf_spin_unlock of different lock");
    }
    state.releaseLock();
  }

  /** A map's name as the kernel keeps it. */
  static String name(MapSpec map) {
    return map.name().length() > 15 ? map.name().substring(0, 15) : map.name();
  }

  /** Whether a register points to the special field of a kind (check_map_field_pointer). */
  void place(int regno, int kind) {
    String what = SpecialFields.name(kind);
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (!Reg.isConst(r, at)) {
      throw env.reject(
          Errno.EINVAL,
          "R"
              + regno
              + " doesn't have constant offset. "
              + what
              + " has to be at the constant offset");
    }
    MapSpec map = env.map(r, at);
    String name = name(map);
    if (map.btf() == null) {
      throw env.reject(Errno.EINVAL, "map '" + name + "' has to have BTF in order to use " + what);
    }
    SpecialFields.Field field = env.fieldsOf(Reg.handle(r, at)).first(kind);
    if (field == null) {
      throw env.reject(Errno.EINVAL, "map '" + name + "' has no valid " + what);
    }
    long off = Reg.value(r, at) + Reg.off(r, at);
    if (field.offset() != off) {
      throw env.reject(
          Errno.EINVAL,
          "off " + off + " doesn't point to 'struct " + what + "' that is at " + field.offset());
    }
  }
}

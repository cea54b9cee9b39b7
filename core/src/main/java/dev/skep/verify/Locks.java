package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.program.MapSpec;
import dev.skep.program.SpecialFields;

/**
 * Spin locks in map values and allocated objects, and the place of other special fields that
 * helpers take.
 */
final class Locks {
  private final Env env;
  private final OwningRefs owning;

  Locks(Env env) {
    this.env = env;
    owning = new OwningRefs(env);
  }

  /**
   * Takes or frees a lock (process_spin_lock).
   *
   * @param type one of the kinds of locks of {@link State}
   */
  void check(int regno, boolean lock, int type) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    boolean resilient = type != State.REF_LOCK;
    String prefix = resilient ? "bpf_res_spin" : "bpf_spin";
    checkPlace(regno, resilient, prefix);
    State state = env.cur;
    int id = Reg.id(r, at);
    int place = place(r, at);
    if (lock) {
      // The kernel looks for a bpf_spin_lock that no address has: other rules forbid a second one.
      if (resilient && state.holdsLock(State.REF_RES_LOCK | State.REF_RES_LOCK_IRQ, id, place)) {
        throw env.reject(Errno.EINVAL, "Acquiring the same lock again, AA deadlock detected");
      }
      state.acquireLock(type, id, place, env.insn);
      return;
    }
    if (state.activeLocks == 0) {
      throw env.reject(Errno.EINVAL, prefix + "_unlock without taking a lock");
    }
    if (!state.holdsLock(type, id, place)) {
      throw env.reject(Errno.EINVAL, prefix + "_unlock of different lock");
    }
    if (state.activeLockId != id || state.activeLock != place) {
      throw env.reject(Errno.EINVAL, prefix + "_unlock cannot be out of order");
    }
    state.releaseLock(type, id, place);
    owning.forgetNonOwning();
  }

  /** What a lock is in, as {@link State#refLock} has it. */
  static int place(long[] r, int at) {
    return Reg.base(r, at) == MAP_VALUE ? Reg.handle(r, at) : Reg.handle2(r, at);
  }

  private void checkPlace(int regno, boolean resilient, String prefix) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    checkConstant(regno, prefix + "_lock");
    boolean inMap = Reg.type(r, at) == MAP_VALUE;
    String holder = "local 'kptr'";
    if (inMap) {
      MapSpec map = env.map(r, at);
      holder = "map '" + env.mapName(Reg.handle(r, at)) + "'";
      if (map.btf() == null) {
        throw env.reject(
            Errno.EINVAL, holder + " has to have BTF in order to use " + prefix + "_lock");
      }
    }
    SpecialFields.Field field =
        env.recordOf(r, at)
            .first(resilient ? SpecialFields.RES_SPIN_LOCK : SpecialFields.SPIN_LOCK);
    if (field == null) {
      throw env.reject(Errno.EINVAL, holder + " has no valid " + prefix + "_lock");
    }
    checkOffset(r, at, field, prefix + "_lock");
  }

  private void checkOffset(long[] r, int at, SpecialFields.Field field, String what) {
    long off = Reg.value(r, at) + Reg.off(r, at);
    if (field.offset() != off) {
      throw env.reject(
          Errno.EINVAL,
          "off " + off + " doesn't point to 'struct " + what + "' that is at " + field.offset());
    }
  }

  private void checkConstant(int regno, String what) {
    if (!Reg.isConst(env.regs(), Frame.reg(regno))) {
      throw env.reject(
          Errno.EINVAL,
          "R"
              + regno
              + " doesn't have constant offset. "
              + what
              + " has to be at the constant offset");
    }
  }

  /** Whether a register points to the special field of a kind (check_map_field_pointer). */
  void place(int regno, int kind) {
    String what = SpecialFields.name(kind);
    long[] r = env.regs();
    int at = Frame.reg(regno);
    checkConstant(regno, what);
    MapSpec map = env.map(r, at);
    String name = env.mapName(Reg.handle(r, at));
    if (map.btf() == null) {
      throw env.reject(Errno.EINVAL, "map '" + name + "' has to have BTF in order to use " + what);
    }
    SpecialFields.Field field = env.fieldsOf(Reg.handle(r, at)).first(kind);
    if (field == null) {
      throw env.reject(Errno.EINVAL, "map '" + name + "' has no valid " + what);
    }
    checkOffset(r, at, field, what);
  }
}

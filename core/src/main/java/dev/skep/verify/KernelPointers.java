package dev.skep.verify;

import static dev.skep.isa.Opcodes.LDX;
import static dev.skep.isa.Opcodes.MEM;
import static dev.skep.isa.Opcodes.STX;
import static dev.skep.isa.Opcodes.classOf;
import static dev.skep.isa.Opcodes.mode;
import static dev.skep.program.SpecialFields.*;
import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.SpecialFields;
import dev.skep.program.SpecialFields.Field;
import java.util.Set;

/** Pointers that live in map values: what they load as, and what may be stored in them. */
final class KernelPointers {
  /** Structs of the kernel that are freed only after a grace period (rcu_protected_types). */
  private static final Set<String> FREED_LATE =
      Set.of("prog_test_ref_kfunc", "cgroup", "bpf_cpumask", "task_struct", "bpf_crypto_ctx");

  private final Env env;
  private final MemoryAccess memory;

  KernelPointers(Env env, MemoryAccess memory) {
    this.env = env;
    this.memory = memory;
  }

  // Loads and stores --------------------------------------------------------------------------

  /** Whether an access that may touch a pointer is one of the whole pointer (check_map_access). */
  void checkPlace(Field field, int at, int off, int size, boolean direct) {
    long[] r = env.regs();
    String name = field.name();
    if (!direct) {
      throw env.reject(Errno.EACCES, name + " cannot be accessed indirectly by helper");
    }
    if (!Reg.isConst(r, at)) {
      throw env.reject(Errno.EACCES, name + " access cannot have variable offset");
    }
    long place = off + Reg.value(r, at);
    if (field.offset() != place) {
      throw env.reject(
          Errno.EACCES,
          name
              + " access misaligned expected="
              + field.offset()
              + " off="
              + Long.toUnsignedString(place));
    }
    if (size != 8) {
      throw env.reject(Errno.EACCES, name + " access size must be BPF_DW");
    }
  }

  /** A load or store of a pointer in a map's value (check_map_kptr_access). */
  void access(Field field, int value) {
    long word = env.insns[env.insn];
    int code = InsnWord.code(word);
    if (mode(code) != MEM) {
      throw env.reject(
          Errno.EACCES, "kptr in map can only be accessed using BPF_MEM instruction mode");
    }
    if (classOf(code) == LDX) {
      load(field, Frame.reg(value));
      return;
    }
    if ((field.kind() & (KPTR_REF | KPTR_PERCPU)) != 0) {
      throw env.reject(Errno.EACCES, "store to referenced kptr disallowed");
    }
    if (field.kind() == UPTR) {
      throw env.reject(Errno.EACCES, "store to uptr disallowed");
    }
    if (classOf(code) == STX) {
      if (!Reg.isNull(env.regs(), Frame.reg(value))) {
        checkStored(field, value);
      }
    } else if (InsnWord.imm(word) != 0) {
      throw env.reject(
          Errno.EACCES, "BPF_ST imm must be 0 when storing to kptr at off=" + field.offset());
    }
  }

  private void load(Field field, int target) {
    long[] r = env.regs();
    if (field.kind() == UPTR) {
      Reg.markPointer(r, target, RegType.MEM | MAYBE_NULL);
      Reg.setHandle(r, target, env.btfs.of(field.btf()).size(field.typeId()));
    } else {
      Reg.markPointer(r, target, BTF_ID | MAYBE_NULL | flags(field));
      Reg.setHandles(r, target, field.typeId(), field.btf());
    }
    Reg.setId(r, target, env.nextId());
  }

  /** btf_ld_kptr_type. */
  private int flags(Field field) {
    boolean local = field.btf() == LOCAL;
    boolean safe =
        field.kind() == KPTR_PERCPU
            || field.kind() == KPTR_REF && (local || isFreedLate(field.btf(), field.typeId()));
    if (!safe || !env.inRcu()) {
      return PTR_UNTRUSTED;
    }
    int flags = MEM_RCU;
    if (field.kind() == KPTR_PERCPU) {
      flags |= MEM_PERCPU;
    } else if (local) {
      flags |= MEM_ALLOC;
    }
    if (local && pointee(field).has(GRAPH_NODE)) {
      flags |= NON_OWN_REF;
    }
    return flags;
  }

  private boolean isFreedLate(int btf, int type) {
    return btf == BtfObjects.VMLINUX && FREED_LATE.contains(env.btfs.of(btf).name(type));
  }

  private SpecialFields pointee(Field field) {
    return env.btfs.objectFields(field.typeId());
  }

  // What may be stored ------------------------------------------------------------------------

  /**
   * Whether the pointer in a register may be put into a field (map_kptr_match_type).
   *
   * <p>Where the pointed-to struct begins with another, an untrusted field takes either: nobody
   * will free it.
   */
  void checkStored(Field field, int regno) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    int type = Reg.type(r, at);
    int number = Reg.handle2(r, at);
    boolean structs = RegType.base(type) == BTF_ID;
    boolean local = structs && number == BtfObjects.PROGRAM;
    int allowed = MAYBE_NULL;
    if (local) {
      allowed |= MEM_ALLOC | (field.kind() == KPTR_PERCPU ? MEM_PERCPU : 0);
    } else {
      allowed |= PTR_TRUSTED | MEM_RCU | (field.kind() == KPTR_UNREF ? PTR_UNTRUSTED : 0);
    }
    boolean noCopies =
        field.kind() == KPTR_PERCPU
            && (type & MEM_PERCPU) == 0
            && env.options.dialect().tellsPerCpuObjects();
    if (!structs || noCopies || (type & ~(BASE_MASK | allowed)) != 0) {
      throw mismatch(field, regno, "");
    }
    memory.checkUnmodified(r, at, regno, true);
    boolean same =
        env.btfs.holds(
            env.log,
            number,
            Reg.handle(r, at),
            Reg.off(r, at),
            field.btf(),
            field.typeId(),
            field.kind() != KPTR_UNREF);
    if (!same) {
      throw mismatch(field, regno, env.btfs.name(number, Reg.handle(r, at)));
    }
  }

  private Rejection mismatch(Field field, int regno, String held) {
    String wanted = env.btfs.name(field.btf(), field.typeId());
    String other = field.kind() == KPTR_UNREF ? " or untrusted_ptr_" + wanted : "";
    String actual = RegTypeText.of(Reg.type(env.regs(), Frame.reg(regno)));
    return env.reject(
        Errno.EACCES,
        "invalid kptr access, R"
            + regno
            + " type="
            + actual
            + held
            + " expected=ptr_"
            + wanted
            + other);
  }

  // bpf_kptr_xchg -----------------------------------------------------------------------------

  /** The field that bpf_kptr_xchg exchanges (process_kptr_func). */
  Field exchanged(int regno, SpecialFields fields) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (!Reg.isConst(r, at)) {
      throw env.reject(
          Errno.EINVAL,
          "R" + regno + " doesn't have constant offset. kptr has to be at the constant offset");
    }
    if (!fields.has(KPTR)) {
      throw env.reject(Errno.EINVAL, "R" + regno + " has no valid kptr");
    }
    int off = Reg.off(r, at) + (int) Reg.value(r, at);
    Field field = fields.find(off, KPTR);
    if (field == null) {
      throw env.reject(Errno.EACCES, "off=" + off + " doesn't point to kptr");
    }
    if (field.kind() == KPTR_UNREF) {
      throw env.reject(Errno.EACCES, "off=" + off + " kptr isn't referenced kptr");
    }
    return field;
  }

  /** r0 is what was in the field before. */
  void setExchanged(Field field) {
    long[] r = env.regs();
    int flags = MAYBE_NULL;
    if (field.btf() == LOCAL) {
      flags |= MEM_ALLOC | (field.kind() == KPTR_PERCPU ? MEM_PERCPU : 0);
    }
    Reg.markPointer(r, 0, BTF_ID | flags);
    Reg.setHandles(r, 0, field.typeId(), field.btf());
  }
}

package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.program.AttachType;
import dev.skep.program.HostFacts;
import dev.skep.program.MapSpec;
import dev.skep.verify.InsnFacts;
import dev.skep.verify.SubprogFacts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Calls of helpers: tail calls, map operations, the helpers that become a few instructions. */
final class HelperCalls {
  private static final int GET_SMP_PROCESSOR_ID = 8;
  private static final int TAIL_CALL_HELPER = 12;
  private static final int SK_STORAGE_GET = 107;
  private static final int JIFFIES64 = 118;
  private static final int INODE_STORAGE_GET = 145;
  private static final int TASK_STORAGE_GET = 156;
  private static final int TASK_STORAGE_DELETE = 157;
  private static final int PER_CPU_PTR = 153;
  private static final int THIS_CPU_PTR = 154;
  private static final int TIMER_SET_CALLBACK = 170;
  private static final int GET_FUNC_IP_TRACING = 173;
  private static final int GET_BRANCH_SNAPSHOT = 176;
  private static final int GET_FUNC_ARG = 183;
  private static final int GET_FUNC_RET = 184;
  private static final int GET_FUNC_ARG_CNT = 185;
  private static final int KPTR_XCHG = 194;
  private static final int CGRP_STORAGE_GET = 210;

  /** Direct tail calls of one program (bpf_jit_add_poke_descriptor). */
  private static final int MAX_POKES = 1024;

  /** MAX_USED_MAPS. */
  private static final int MAX_USED_MAPS = 64;

  private static final int NO_POKE = -1;

  /** BPF_F_SLEEPABLE. */
  private static final int SLEEPABLE = 1 << 4;

  private static final int GFP_ATOMIC = 0x820;
  private static final int GFP_KERNEL = 0xcc0;

  private final Code code;
  private final Patch patch;
  private final List<PokeDescriptor> pokes;
  private final RewriteOptions options;
  private final boolean direct;
  private final boolean mask;

  /**
   * @param pokes receives the direct tail calls, in order, with insn not yet final
   */
  HelperCalls(Code code, Patch patch, List<PokeDescriptor> pokes, RewriteOptions options) {
    this.code = code;
    this.patch = patch;
    this.pokes = pokes;
    HostFacts host = code.verified.options().host();
    this.options = options;
    direct = options.direct() && !options.blinding() && host.jit() && host.bpfCapable();
    mask = host.guardedMaps();
  }

  void rewrite(long word, int origin) {
    int helper = InsnWord.imm(word);
    if (helper == TAIL_CALL_HELPER) {
      tailCall(origin);
      return;
    }
    MapSpec map = map(origin);
    if (map != null && MapCalls.applies(helper) && MapCalls.emit(patch, helper, map, mask)) {
      return;
    }
    switch (helper) {
      case GET_SMP_PROCESSOR_ID -> {
        if (options.target().inlinesCpuNumber()) {
          patch.keep(word);
          return;
        }
        patch.emit(Words.movImm(0, RunnableProgram.CPU_NUMBER_OFFSET));
        patch.emit(Words.movPerCpu(0, 0));
        patch.emit(Words.load(W, 0, 0, 0));
      }
      case JIFFIES64 -> {
        patch.emit(InsnWord.of(LD_IMM64, 0, PSEUDO_BTF_ID, 0, KernelVariable.JIFFIES.ordinal()));
        patch.emit(0);
        patch.emit(Words.load(DW, 0, 0, 0));
      }
      case KPTR_XCHG -> {
        patch.emit(Words.movReg(0, 2));
        patch.emit(InsnWord.of(STX | ATOMIC | DW, 1, 0, 0, XCHG));
      }
      case GET_BRANCH_SNAPSHOT -> branchSnapshot();
      case GET_FUNC_IP_TRACING, GET_FUNC_ARG, GET_FUNC_RET, GET_FUNC_ARG_CNT -> {
        if (!TracedArguments.emit(patch, helper, code.program)) {
          patch.keep(word);
        }
      }
      case SK_STORAGE_GET, INODE_STORAGE_GET, CGRP_STORAGE_GET -> {
        patch.emit(Words.movImm(5, allocationFlags(origin)));
        patch.emitOld(word);
      }
      case TASK_STORAGE_GET -> {
        patch.emit(Words.movImm(5, allocationFlags(origin)));
        patch.emitOld(guardedBy(KernelFunction.TASK_STORAGE_GET_RECUR, word));
      }
      case TASK_STORAGE_DELETE ->
          patch.keep(guardedBy(KernelFunction.TASK_STORAGE_DELETE_RECUR, word));
      case PER_CPU_PTR, THIS_CPU_PTR -> {
        if (origin >= 0 && code.facts.perCpuObject[origin]) {
          patch.emit(Words.load(DW, 1, 1, 0));
        }
        patch.emitOld(word);
      }
      case TIMER_SET_CALLBACK -> {
        patch.emit(InsnWord.of(LD_IMM64, 3, PSEUDO_BTF_ID, 0, KernelVariable.PROGRAM.ordinal()));
        patch.emit(0);
        patch.emitOld(word);
      }
      default -> patch.keep(word);
    }
  }

  /** The function that looks out for recursion, where the program can recur. */
  private long guardedBy(KernelFunction guarded, long call) {
    return recurs() ? InsnWord.withImm(call, guarded.number()) : call;
  }

  /** Whether the program may interrupt itself on one CPU (bpf_prog_check_recur). */
  private boolean recurs() {
    return switch (code.program.resolvedType()) {
      case TRACING -> code.program.expectedAttachType() != AttachType.TRACE_ITER.number();
      case STRUCT_OPS -> code.verified.subprogs().stream().anyMatch(SubprogFacts::privateStack);
      case LSM, SYSCALL -> false;
      default -> true;
    };
  }

  /** The one map that the call uses, or null. */
  private @Nullable MapSpec map(int origin) {
    int fact = origin < 0 ? InsnFacts.NO_MAP : code.facts.mapIndex[origin];
    if (fact == InsnFacts.NO_MAP || (fact & InsnFacts.MAP_POISONED) != 0) {
      return null;
    }
    MapSpec map = code.program.maps().get(fact & ~InsnFacts.INNER_MAP);
    return (fact & InsnFacts.INNER_MAP) == 0 ? map : map.inner();
  }

  /**
   * A tail call gets a code of its own. With one map and one key it is direct: its imm names the
   * descriptor by which the jump is patched. Where the map's creator could not turn off guards
   * against speculation, the index is cut to the slots that exist.
   */
  private void tailCall(int origin) {
    int fact = code.facts.mapIndex[origin];
    boolean poisoned = (fact & InsnFacts.MAP_POISONED) != 0;
    int index = fact & ~InsnFacts.MAP_POISONED;
    long key = code.facts.constKey[origin];
    if (options.tailCalls() == TailCallDialect.SEED && index >= MAX_USED_MAPS) {
      throw new UnsupportedException("tail call with map " + index + ", want one of the first 64");
    }
    if (mask) {
      guarded(index, poisoned, origin);
    } else if (direct && !poisoned && key >= 0) {
      if (pokes.size() >= MAX_POKES) {
        throw rejected("adding tail call poke descriptor failed", Errno.ENOSPC, origin);
      }
      patch.keep(tailCall(index, false, pokes.size()));
      pokes.add(new PokeDescriptor(index, (int) key, patch.length() - 1));
    } else {
      patch.keep(tailCall(index, poisoned, NO_POKE));
    }
  }

  private void guarded(int index, boolean poisoned, int origin) {
    if (poisoned) {
      throw rejected("tail_call abusing map_ptr", Errno.EINVAL, origin);
    }
    MapSpec map = code.program.maps().get(index);
    patch.emit(Words.jumpImm(JGE, 3, map.maxEntries(), 2));
    patch.emit(Words.alu32Imm(AND, 3, MapCalls.indexMask(map)));
    patch.emit(tailCall(index, false, NO_POKE));
  }

  private RejectedException rejected(String reason, int errno, int insn) {
    return new RejectedException(code.program.name() + ": " + reason, errno, insn, reason + '\n');
  }

  private long tailCall(int map, boolean dynamic, int poke) {
    int imm = TailCallImm.encode(options.tailCalls(), map, dynamic, poke);
    return InsnWord.of(TAIL_CALL_CODE, 0, 0, 0, imm);
  }

  private void branchSnapshot() {
    int entryBytes = 24;
    patch.emit(Words.jumpImm(JNE, 3, 0, 7));
    patch.emit(Words.mov32Imm(0, 0xaaaaaaab));
    patch.emit(Words.aluReg(MUL, 2, 0));
    patch.emit(Words.aluImm(RSH, 2, 36));
    patch.emit(Words.call(KernelFunction.BRANCH_SNAPSHOT));
    patch.emit(Words.jumpImm(JEQ, 0, 0, 4));
    patch.emit(Words.alu32Imm(MUL, 0, entryBytes));
    patch.emit(Words.jump(3));
    patch.emit(Words.movImm(0, -22));
    patch.emit(Words.jump(1));
    patch.emit(Words.movImm(0, -2));
  }

  /** How a local storage may allocate: GFP_KERNEL where it may sleep, else GFP_ATOMIC. */
  private int allocationFlags(int origin) {
    boolean sleepable = (code.program.flags() & SLEEPABLE) != 0;
    return sleepable && !code.facts.atomicStorage[origin] ? GFP_KERNEL : GFP_ATOMIC;
  }
}

package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.isa.InsnWord;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.verify.SubprogFacts;
import java.util.ArrayList;
import java.util.List;

/**
 * The walk over everything that the passes before left (do_misc_fixups): division, packet loads,
 * pointer sanitation, may_goto, calls, per-CPU values.
 */
final class MiscFixups {
  private static final int ARENA_NO_USER_CONV = 1 << 18;

  private final Code code;
  private final Patch patch;
  private final List<PokeDescriptor> pokes = new ArrayList<>();
  private final HelperCalls helpers;
  private final KfuncCalls kfuncs;
  private final boolean noUserCasts;

  private MiscFixups(Code code, RewriteOptions options) {
    this.code = code;
    patch = new Patch(code);
    helpers = new HelperCalls(code, patch, pokes, options);
    kfuncs = new KfuncCalls(code, patch);
    noUserCasts = arenaWithoutUserCasts(code.program.maps());
  }

  private static boolean arenaWithoutUserCasts(List<MapSpec> maps) {
    for (MapSpec map : maps) {
      if (map.type() == MapType.ARENA && (map.flags() & ARENA_NO_USER_CONV) != 0) {
        return true;
      }
    }
    return false;
  }

  /** Returns the direct tail calls; their insn is filled in when all passes are done. */
  static List<PokeDescriptor> run(Code code, RewriteOptions options) {
    if (code.verified.throwsException() && !hasExceptionCallback(code)) {
      // What is thrown becomes the result.
      code.appendHidden(Words.movReg(Words.R0, Words.R1), Words.EXIT_WORD);
    }
    placeArena(code);
    MiscFixups fixups = new MiscFixups(code, options);
    fixups.walk();
    return fixups.pokes;
  }

  /** What lies in an arena that has its place is a number. */
  private static void placeArena(Code code) {
    for (int i = 0; i + 1 < code.length; i++) {
      long word = code.insns[i];
      int src = InsnWord.src(word);
      if (InsnWord.code(word) != LD_IMM64
          || src != PSEUDO_MAP_VALUE && src != PSEUDO_MAP_IDX_VALUE) {
        continue;
      }
      MapSpec map = code.program.maps().get(InsnWord.imm(word));
      if (map.type() == MapType.ARENA && map.extra() != 0) {
        long address = map.extra() + InsnWord.imm(code.insns[i + 1]);
        code.insns[i] = InsnWord.withImm(InsnWord.withSrc(word, 0), (int) address);
        code.insns[i + 1] = InsnWord.withImm(code.insns[i + 1], (int) (address >>> 32));
      }
    }
  }

  private static boolean hasExceptionCallback(Code code) {
    for (SubprogFacts subprog : code.verified.subprogs()) {
      if (subprog.exceptionCallback()) {
        return true;
      }
    }
    return false;
  }

  private void walk() {
    boolean[] loops = new boolean[code.subprogs];
    boolean anyLoop = false;
    for (int s = 0; s < code.subprogs; s++) {
      int depth = code.depths[s] + 7 & -8;
      for (int i = code.starts[s]; i < code.starts[s + 1]; i++) {
        patch.begin(i);
        narrow(i);
        long word = code.insns[i];
        if (InsnWord.code(word) == MAY_GOTO_CODE) {
          MayGoto.emit(patch, word, depth);
          loops[s] = true;
        } else {
          rewrite(i, word);
        }
      }
      if (loops[s]) {
        code.depths[s] = depth + MayGoto.STACK_BYTES;
        anyLoop = true;
      }
    }
    patch.finish();
    if (anyLoop) {
      MayGoto.initialize(code, loops);
    }
  }

  /** The kernel's side of an arena has 32-bit addresses. */
  private void narrow(int insn) {
    int origin = code.origin[insn];
    if (origin >= 0 && code.facts.arenaArithmetic[origin]) {
      code.insns[insn] &= ~(long) (ALU64 & ~ALU);
    }
  }

  private void rewrite(int insn, long word) {
    switch (classOf(InsnWord.code(word))) {
      case ALU, ALU64 -> arithmetic(insn, word);
      case LD -> load(insn, word);
      case JMP -> call(insn, word);
      default -> patch.keep();
    }
  }

  private void arithmetic(int insn, long word) {
    int origin = code.origin[insn];
    int state = origin < 0 ? 0 : code.facts.aluState[origin];
    if (isCast(word)) {
      boolean toKernel = InsnWord.imm(word) == 1;
      patch.keep(
          toKernel || noUserCasts ? Words.mov32Reg(InsnWord.dst(word), InsnWord.src(word)) : word);
    } else if (DivisionGuards.applies(word)) {
      DivisionGuards.emit(patch, word);
    } else if (PointerSanitation.applies(word, state)) {
      PointerSanitation.emit(patch, word, state, code.facts.aluLimit[origin]);
    } else {
      patch.keep();
    }
  }

  private static boolean isCast(long word) {
    return InsnWord.code(word) == MOV64_X
        && InsnWord.off(word) == ADDR_SPACE_CAST
        && InsnWord.imm(word) != 0;
  }

  private void load(int insn, long word) {
    if (PacketLoads.applies(word)) {
      PacketLoads.emit(patch, word);
    } else if (InsnWord.code(word) == LD_IMM64) {
      constant(word);
    } else if (insn > 0 && isPerCpuValue(code.insns[insn - 1])) {
      perCpuValue(insn, word);
    } else {
      patch.keep();
    }
  }

  /** The first half of a ld_imm64: map loads by index in an fd array look like the others. */
  private void constant(long word) {
    switch (InsnWord.src(word)) {
      case PSEUDO_MAP_IDX -> patch.keep(InsnWord.withSrc(word, PSEUDO_MAP_FD));
      case PSEUDO_MAP_IDX_VALUE -> patch.keep(InsnWord.withSrc(word, PSEUDO_MAP_VALUE));
      case PSEUDO_BTF_ID -> patch.keep(InsnWord.withImm(word, KernelVariable.NAMED.ordinal()));
      default -> patch.keep();
    }
  }

  /**
   * Puts mov64_percpu behind the address of a per-CPU value.
   *
   * <p>The place that is patched is the second half of the ld_imm64: a patch replaces one 8-byte
   * word, and the load has two. So the walk leaves the first half as it is, and here the second
   * half is replaced by itself and the mov. Nothing jumps to a second half, so a jump to the load
   * still runs both, and one to what follows it lands behind the mov.
   */
  private void perCpuValue(int insn, long secondHalf) {
    if (!code.verified.options().host().jit()) {
      String reason = "program requires BPF JIT compiler but it is not available";
      throw new RejectedException(
          code.program.name() + ": " + reason, Errno.EINVAL, code.origin[insn - 1], reason + '\n');
    }
    int dst = InsnWord.dst(code.insns[insn - 1]);
    patch.emit(secondHalf);
    patch.emit(Words.movPerCpu(dst, dst));
  }

  /** A value of a per-CPU array has an offset that is added to the CPU's base. */
  private boolean isPerCpuValue(long word) {
    int src = InsnWord.src(word);
    return InsnWord.code(word) == LD_IMM64
        && (src == PSEUDO_MAP_VALUE || src == PSEUDO_MAP_IDX_VALUE)
        && code.program.maps().get(InsnWord.imm(word)).type() == MapType.PERCPU_ARRAY;
  }

  private void call(int insn, long word) {
    if (InsnWord.code(word) != CALL_CODE) {
      patch.keep();
      return;
    }
    switch (InsnWord.src(word)) {
      case 0 -> helpers.rewrite(word, code.origin[insn]);
      case PSEUDO_CALL -> patch.keep();
      default -> kfuncs.rewrite(word, code.origin[insn]);
    }
  }
}

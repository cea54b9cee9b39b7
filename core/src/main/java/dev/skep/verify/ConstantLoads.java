package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;
import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.MapType;

/** ld_imm64: constants, maps, their values, functions (check_ld_imm). */
final class ConstantLoads {
  private final Env env;
  private final Operands operands;

  ConstantLoads(Env env, Operands operands) {
    this.env = env;
    this.operands = operands;
  }

  void check(long word) {
    if (size(InsnWord.code(word)) != DW) {
      throw env.reject(Errno.EINVAL, "invalid BPF_LD_IMM insn");
    }
    if (InsnWord.off(word) != 0) {
      throw env.reject(Errno.EINVAL, "BPF_LD_IMM64 uses reserved fields");
    }
    int dst = InsnWord.dst(word);
    operands.unknownTarget(dst);
    long[] r = env.regs();
    int at = Frame.reg(dst);
    long second = env.insns[env.insn + 1];
    switch (InsnWord.src(word)) {
      case 0 -> Reg.markConst(r, at, InsnWord.imm64(word, second));
      case PSEUDO_FUNC -> function(word, r, at);
      case PSEUDO_MAP_FD, PSEUDO_MAP_IDX -> {
        Reg.markPointer(r, at, CONST_PTR_TO_MAP);
        Reg.setHandle(r, at, env.facts.loadedMap[env.insn]);
      }
      case PSEUDO_MAP_VALUE, PSEUDO_MAP_IDX_VALUE -> {
        if (env.mapOf(env.facts.loadedMap[env.insn]).type() == MapType.ARENA) {
          Reg.markUnknown(r, at, false);
          return;
        }
        Reg.markPointer(r, at, MAP_VALUE);
        Reg.setHandle(r, at, env.facts.loadedMap[env.insn]);
        Reg.setOff(r, at, InsnWord.imm(second));
      }
      default -> {
        KernelSymbols.Symbol symbol = env.btfs.symbols().of(word);
        Reg.markPointer(r, at, symbol.type());
        Reg.setHandles(r, at, symbol.handle(), BtfObjects.VMLINUX);
      }
    }
  }

  private void function(long word, long[] r, int at) {
    Subprog subprog = env.subprogAt(env.insn + InsnWord.imm(word) + 1);
    if (env.program.funcInfo().isEmpty()) {
      throw env.reject(Errno.EINVAL, "missing btf func_info");
    }
    if (subprog.global) {
      throw env.reject(Errno.EINVAL, "callback function not static");
    }
    Reg.markPointer(r, at, FUNC);
    Reg.setHandle(r, at, subprog.number);
  }
}

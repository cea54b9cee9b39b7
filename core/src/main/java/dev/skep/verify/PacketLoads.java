package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;

/** The packet loads of classic BPF, LD_ABS and LD_IND (check_ld_abs). */
final class PacketLoads {
  private static final int CONTEXT_REGISTER = 6;

  private final Env env;
  private final Operands operands;
  private final MemoryAccess memory;
  private final ExitRules exits;
  private final FunctionCalls functions;

  PacketLoads(
      Env env, Operands operands, MemoryAccess memory, ExitRules exits, FunctionCalls functions) {
    this.env = env;
    this.operands = operands;
    this.memory = memory;
    this.exits = exits;
    this.functions = functions;
  }

  void check(long word) {
    int code = InsnWord.code(word);
    switch (env.program.resolvedType()) {
      case SOCKET_FILTER, SCHED_CLS, SCHED_ACT -> {}
      default ->
          throw env.reject(
              Errno.EINVAL, "BPF_LD_[ABS|IND] instructions not allowed for this program type");
    }
    if (InsnWord.dst(word) != 0
        || InsnWord.off(word) != 0
        || size(code) == DW
        || mode(code) == ABS && InsnWord.src(word) != 0) {
      throw env.reject(Errno.EINVAL, "BPF_LD_[ABS|IND] uses reserved fields");
    }
    operands.source(CONTEXT_REGISTER);
    exits.checkLeak(true, "BPF_LD_[ABS|IND]");
    long[] r = env.regs();
    int at = Frame.reg(CONTEXT_REGISTER);
    if (Reg.type(r, at) != RegType.CTX) {
      throw env.reject(Errno.EINVAL, "at the time of BPF_LD_ABS|IND R6 != pointer to skb");
    }
    if (mode(code) == IND) {
      operands.source(InsnWord.src(word));
    }
    memory.checkUnmodified(r, at, CONTEXT_REGISTER, false);
    operands.clobberCallerSaved(r);
    Reg.markUnknown(r, 0, false);
    Reg.setSubregDef(r, 0, env.insn + 1);
    if (env.cur.curframe > 0) {
      functions.leaveByPacketLoad();
    }
  }
}

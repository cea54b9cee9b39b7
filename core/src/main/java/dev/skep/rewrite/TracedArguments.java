package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.program.AttachType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;

/**
 * Helpers that ask a trampoline for what it passed on, inlined: before the context stand the number
 * of arguments and the address of the traced function.
 *
 * <pre>
 *   r1 - 16   address      r1 - 8   number n      r1 + 8 * i   argument i      r1 + 8 * n   result
 * </pre>
 */
final class TracedArguments {
  private static final int GET_FUNC_IP = 173;
  private static final int GET_FUNC_ARG = 183;
  private static final int GET_FUNC_RET = 184;
  private static final int GET_FUNC_ARG_CNT = 185;
  private static final int EINVAL = 22;
  private static final int EOPNOTSUPP = 95;

  private TracedArguments() {}

  /** Emits the helper's instructions, unless programs of the type call it like others. */
  static boolean emit(Patch patch, int helper, Program program) {
    if (program.resolvedType() != ProgramType.TRACING) {
      return false;
    }
    switch (helper) {
      case GET_FUNC_IP -> patch.emit(Words.load(DW, 0, 1, -16));
      case GET_FUNC_ARG_CNT -> patch.emit(Words.load(DW, 0, 1, -8));
      case GET_FUNC_ARG -> argument(patch);
      case GET_FUNC_RET -> result(patch, program);
      default -> {
        return false;
      }
    }
    return true;
  }

  private static void argument(Patch patch) {
    patch.emit(Words.load(DW, 0, 1, -8));
    patch.emit(Words.jump32Reg(JGE, 2, 0, 6));
    patch.emit(Words.aluImm(LSH, 2, 3));
    patch.emit(Words.aluReg(ADD, 2, 1));
    patch.emit(Words.load(DW, 0, 2, 0));
    patch.emit(Words.store(DW, 3, 0, 0));
    patch.emit(Words.movImm(0, 0));
    patch.emit(Words.jump(1));
    patch.emit(Words.movImm(0, -EINVAL));
  }

  private static void result(Patch patch, Program program) {
    AttachType attach = AttachType.ofNumber(program.expectedAttachType());
    if (attach != AttachType.TRACE_FEXIT && attach != AttachType.MODIFY_RETURN) {
      patch.emit(Words.movImm(0, -EOPNOTSUPP));
      return;
    }
    patch.emit(Words.load(DW, 0, 1, -8));
    patch.emit(Words.aluImm(LSH, 0, 3));
    patch.emit(Words.aluReg(ADD, 0, 1));
    patch.emit(Words.load(DW, 3, 0, 0));
    patch.emit(Words.store(DW, 2, 3, 0));
    patch.emit(Words.movImm(0, 0));
  }
}

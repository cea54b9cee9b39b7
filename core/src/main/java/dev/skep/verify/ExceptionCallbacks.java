package dev.skep.verify;

import static dev.skep.errors.Errno.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.program.FuncInfo;
import dev.skep.program.Program;
import java.util.List;

/**
 * The function that a declaration tag of the main program names as the one to run when the program
 * throws (bpf_find_exception_callback_insn_off).
 */
final class ExceptionCallbacks {
  private static final String TAG = "exception_callback:";
  private static final int GLOBAL = 1;

  private ExceptionCallbacks() {}

  /** Its first instruction, 0 if the program names none. */
  static int find(Program program, VerifierLog log) {
    Btf btf = program.btf();
    List<FuncInfo> records = program.funcInfo();
    if (records.isEmpty() || btf == null) {
      return 0;
    }
    int main = records.getFirst().typeId();
    int tag = 0;
    for (int id = 1; id < btf.typeCount(); id++) {
      if (btf.kind(id) != BtfKind.DECL_TAG
          || btf.target(id) != main
          || btf.tagComponent(id) != -1
          || !btf.name(id).startsWith(TAG)) {
        continue;
      }
      if (tag != 0) {
        log.add("multiple exception callback tags for main subprog\n");
        throw new Rejection(EEXIST);
      }
      tag = id;
    }
    return tag == 0 ? 0 : start(btf, btf.name(tag).substring(TAG.length()), records, log);
  }

  private static int start(Btf btf, String name, List<FuncInfo> records, VerifierLog log) {
    int function = btf.find(name, BtfKind.FUNC);
    if (function == 0) {
      throw refuse(log, "exception callback '" + name + "' could not be found in BTF", ENOENT);
    }
    if (btf.vlen(function) != GLOBAL) {
      throw refuse(log, "exception callback '" + name + "' must have global linkage", EINVAL);
    }
    int start = 0;
    for (FuncInfo record : records) {
      if (record.typeId() != function) {
        continue;
      }
      start = record.insn();
      if (start == 0) {
        log.add("invalid exception callback insn_off in func_info: 0\n");
      }
    }
    if (start == 0) {
      throw refuse(log, "exception callback type id not found in func_info", EINVAL);
    }
    return start;
  }

  private static Rejection refuse(VerifierLog log, String why, int errno) {
    log.add(why).line();
    return new Rejection(errno);
  }
}

package dev.skep.verify;

import static dev.skep.errors.Errno.*;

import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import dev.skep.program.Program;
import java.util.List;

/**
 * Checks the function and line records against the program (check_btf_info_early, check_btf_info).
 */
final class BtfRecords {
  private BtfRecords() {}

  /** What can be said before the subprograms are known. */
  static void checkEarly(Program program, VerifierLog log) {
    int previous = 0;
    List<FuncInfo> records = program.funcInfo();
    for (int i = 0; i < records.size(); i++) {
      int insn = records.get(i).insn();
      if (i == 0 && insn != 0) {
        log.add("nonzero insn_off ").num(insn).add(" for the first func info record");
        throw new Rejection(EINVAL);
      }
      if (i > 0 && insn <= previous) {
        log.add("same or smaller insn offset (").num(insn);
        log.add(") than previous func info record (").num(previous).add(")");
        throw new Rejection(EINVAL);
      }
      previous = insn;
    }
  }

  static void check(Program program, Subprogs subprogs, VerifierLog log) {
    if (program.funcInfo().isEmpty()) {
      subprogs.checkAbnormalReturn(log);
    } else {
      checkFunctions(program, subprogs, log);
    }
    checkLines(program, subprogs, log);
  }

  private static void checkFunctions(Program program, Subprogs subprogs, VerifierLog log) {
    List<FuncInfo> records = program.funcInfo();
    if (records.size() != subprogs.count()) {
      log.add("number of funcs in func_info doesn't match number of subprogs\n");
      throw new Rejection(EINVAL);
    }
    for (int i = 0; i < records.size(); i++) {
      Subprog subprog = subprogs.get(i);
      if (records.get(i).insn() != subprog.start) {
        log.add("func_info BTF section doesn't match subprog layout in BPF program\n");
        throw new Rejection(EINVAL);
      }
      subprog.funcTypeId = records.get(i).typeId();
    }
  }

  private static void checkLines(Program program, Subprogs subprogs, VerifierLog log) {
    List<LineInfo> lines = program.lineInfo();
    if (lines.isEmpty()) {
      return;
    }
    long[] insns = program.insns();
    int previous = 0;
    int next = 0;
    for (int i = 0; i < lines.size(); i++) {
      int insn = lines.get(i).insn();
      if (i > 0 && insn <= previous || insn >= insns.length) {
        log.add("Invalid line_info[").num(i).add("].insn_off:").num(insn);
        log.add(" (prev_offset:").num(previous).add(" prog->len:").num(insns.length).add(")\n");
        throw new Rejection(EINVAL);
      }
      if ((insns[insn] & 0xff) == 0) {
        log.add("Invalid insn code at line_info[").num(i).add("].insn_off\n");
        throw new Rejection(EINVAL);
      }
      if (next != subprogs.count()) {
        int start = subprogs.get(next).start;
        if (insn == start) {
          next++;
        } else if (start < insn) {
          log.add("missing bpf_line_info for func#").num(next).line();
          throw new Rejection(EINVAL);
        }
      }
      previous = insn;
    }
    if (next != subprogs.count()) {
      log.add("missing bpf_line_info for ").num((long) subprogs.count() - next);
      log.add(" funcs starting from func#").num(next).line();
      throw new Rejection(EINVAL);
    }
  }
}

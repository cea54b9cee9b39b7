package dev.skep.cli;

import dev.skep.btf.Btf;
import dev.skep.btf.FunctionSignature;
import dev.skep.jit.MachineCode;
import dev.skep.jit.x64.JitedListing;
import dev.skep.jit.x64.KernelAddresses;
import dev.skep.jit.x64.KernelLayout;
import dev.skep.jit.x64.X64Jit;
import dev.skep.natives.CpuFeatures;
import dev.skep.program.LineInfo;
import dev.skep.rewrite.DumpNumbers;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.Xlated;
import dev.skep.rewrite.XlatedText;
import dev.skep.verify.VerifiedProgram;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Map;

/** What the kernel's dumps of a program would hold; nothing of it is executed. */
final class KernelImage {
  private KernelImage() {}

  static RunnableProgram rewritten(VerifiedProgram verified) {
    return Rewriter.rewrite(verified, RewriteOptions.LINUX);
  }

  /**
   * The machine code in the layout of the kernel that is imitated, functions one after the other.
   */
  static MachineCode compiled(RunnableProgram runnable) {
    return X64Jit.compile(
        runnable, KernelLayout.linux(CpuFeatures.host().bmi2()), new KernelAddresses());
  }

  static byte[] of(RunnableProgram runnable) {
    return compiled(runnable).bytes();
  }

  static byte[] of(VerifiedProgram verified) {
    return of(rewritten(verified));
  }

  /** The instructions as BPF_OBJ_GET_INFO_BY_FD gives them; map ids are index + 1. */
  static long[] xlated(VerifiedProgram verified) {
    return Xlated.insns(rewritten(verified), DumpNumbers.PLAIN);
  }

  static void printXlated(
      VerifiedProgram verified, boolean opcodes, boolean linum, PrintWriter out) {
    out.print(XlatedText.of(rewritten(verified), DumpNumbers.PLAIN, opcodes, linum));
  }

  /** Machine code function by function, source lines where they begin. */
  static void printJited(
      VerifiedProgram verified, boolean opcodes, boolean linum, PrintWriter out) {
    RunnableProgram runnable = rewritten(verified);
    MachineCode code = compiled(runnable);
    Map<Integer, String> sources = new HashMap<>();
    Btf btf = runnable.program().btf();
    if (btf != null) {
      for (LineInfo line : runnable.lineInfo()) {
        sources.merge(
            code.insnOffset(line.insn()), XlatedText.source(btf, line, linum), String::concat);
      }
    }
    for (int function = 0; function < code.functions(); function++) {
      StringBuilder text = new StringBuilder(function == 0 ? "" : "\n");
      text.append(head(runnable, function)).append(":\n");
      JitedListing.append(
          text,
          code,
          function,
          opcodes,
          (to, offset) -> to.append(sources.getOrDefault(offset, "")));
      out.print(text);
    }
  }

  private static String head(RunnableProgram runnable, int function) {
    Btf btf = runnable.program().btf();
    String signature =
        btf == null || function >= runnable.funcInfo().size()
            ? ""
            : FunctionSignature.of(btf, runnable.funcInfo().get(function).typeId());
    String name = function == 0 ? runnable.program().name() : "subprog_" + function;
    return signature.isEmpty() ? name : signature;
  }
}

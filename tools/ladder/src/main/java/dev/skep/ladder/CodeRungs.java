package dev.skep.ladder;

import dev.skep.engine.BpfMap;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.jit.MachineCode;
import dev.skep.linux.KernelProgram;
import dev.skep.linux.ProgramInfo;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.verify.VerifiedProgram;
import java.util.List;

/** The rungs L3 and L4 of a program that both sides accept. */
final class CodeRungs {
  private final KernelDump dump;

  CodeRungs(KernelDump dump) {
    this.dump = dump;
  }

  /** The findings of both rungs. */
  List<Finding> climb(VerifiedProgram verified, KernelProgram linux, List<BpfMap> maps) {
    Finding xlated = dump.compare(verified, linux, maps);
    if (xlated.kind() != Finding.Kind.EQUAL) {
      return List.of(xlated, Finding.notCompared(Rung.JITED, "the rewritten programs differ"));
    }
    ProgramInfo info = linux.info();
    if (info.jited().length == 0) {
      return List.of(xlated, Finding.notCompared(Rung.JITED, "the kernel shows no machine code"));
    }
    return List.of(xlated, machineCode(verified, info));
  }

  private static Finding machineCode(VerifiedProgram verified, ProgramInfo info) {
    try {
      RunnableProgram runnable = Rewriter.rewrite(verified, RewriteOptions.LINUX);
      MachineCode code = MachineForm.compile(runnable);
      String linux = MachineForm.ofKernel(info, code);
      String skep = MachineForm.ofSkep(code, runnable);
      return linux.equals(skep)
          ? Finding.equal(Rung.JITED)
          : Finding.compare(
              Rung.JITED, MachineText.ofKernel(info, code), MachineText.ofSkep(code, runnable));
    } catch (UnsupportedException missing) {
      return Finding.unsupported(Rung.JITED, String.valueOf(missing.getMessage()));
    } catch (RejectedException refused) {
      return Finding.unsupported(Rung.JITED, "rewrite: " + refused.getMessage());
    }
  }
}

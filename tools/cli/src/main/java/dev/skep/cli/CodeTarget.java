package dev.skep.cli;

import dev.skep.errors.UnsupportedException;
import dev.skep.jit.JitedListing;
import dev.skep.jit.MachineCode;
import dev.skep.jit.OfflineLinkage;
import dev.skep.jit.arm64.A64Disassembler;
import dev.skep.jit.arm64.A64Jit;
import dev.skep.jit.arm64.A64Layout;
import dev.skep.jit.x64.CodeLayout;
import dev.skep.jit.x64.KernelLayout;
import dev.skep.jit.x64.UserLayout;
import dev.skep.jit.x64.X64Disassembler;
import dev.skep.jit.x64.X64Jit;
import dev.skep.linux.KernelBtf;
import dev.skep.natives.CpuFeatures;
import dev.skep.rewrite.JitTarget;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import dev.skep.verify.VerifiedProgram;

/**
 * What machine code is made for, to be looked at.
 *
 * @param machine whose instructions
 * @param userLayout frames of our own instead of the kernel's
 * @param tailCalls which forms of tail calls
 */
record CodeTarget(JitTarget machine, boolean userLayout, TailCallDialect tailCalls) {
  /** The code of Linux on x86-64, that a running kernel is compared with. */
  static final CodeTarget LINUX =
      new CodeTarget(JitTarget.X86_64, false, TailCallDialect.LINUX_6_18);

  /**
   * The target that users name.
   *
   * @throws UsageException for a name that is none
   */
  static CodeTarget parse(String machine, String layout, String dialect) {
    if (!layout.equals("kernel") && !layout.equals("user")) {
      throw new UsageException("layout \"" + layout + "\", want kernel or user");
    }
    try {
      return new CodeTarget(
          JitTarget.parse(machine), layout.equals("user"), TailCallDialect.parse(dialect));
    } catch (IllegalArgumentException unknown) {
      throw new UsageException(String.valueOf(unknown.getMessage()));
    }
  }

  RunnableProgram rewrite(VerifiedProgram verified) {
    return Rewriter.rewrite(verified, new RewriteOptions(tailCalls, true).withTarget(machine));
  }

  /**
   * The machine code, functions one after the other.
   *
   * @param runnable what {@link #rewrite} gave
   */
  MachineCode compile(RunnableProgram runnable) {
    return switch (machine) {
      case X86_64 -> X64Jit.compile(runnable, layout(), OfflineLinkage.X86_64);
      case ARM64 -> {
        checkKernelLayout();
        A64Layout layout = A64Layout.linux(A64Layout.Dialect.LINUX_6_18);
        yield A64Jit.compile(runnable, layout, OfflineLinkage.ARM64);
      }
    };
  }

  private CodeLayout layout() {
    boolean bmi2 = CpuFeatures.host().bmi2();
    return userLayout ? new UserLayout(bmi2) : KernelLayout.linux(bmi2);
  }

  private void checkKernelLayout() {
    if (userLayout) {
      throw new UnsupportedException("layout user of " + machine.text());
    }
  }

  /**
   * An engine that runs such code in this process.
   *
   * @throws UnsupportedException if there is none
   */
  Vm engine() {
    if (machine != JitTarget.X86_64 || !CpuFeatures.host().x64()) {
      throw new UnsupportedException("live code of " + machine.text() + " on this machine");
    }
    VmOptions options =
        VmOptions.ofCpus(Engines.DEFAULT_CPUS)
            .withKernel(KernelBtf.types())
            .withRewrites(new RewriteOptions(tailCalls, true));
    return userLayout ? Vm.jit(options) : Vm.jitKernel(options);
  }

  JitedListing.Disassembler disassembler() {
    return switch (machine) {
      case X86_64 -> X64Disassembler::append;
      case ARM64 -> A64Disassembler::append;
    };
  }

  /** What begins a comment behind an instruction. */
  String commentMark() {
    return machine == JitTarget.ARM64 ? "//" : "#";
  }
}

package dev.skep.run;

import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.machine.Cpus;
import dev.skep.natives.Memory;
import dev.skep.program.ProgramType;

/**
 * Test runs of programs whose context is plain memory: raw tracepoints and syscall programs
 * (bpf_prog_test_run_raw_tp, bpf_prog_test_run_syscall).
 */
final class BareTestRun {
  private static final int F_RUN_ON_CPU = 1;

  /** Twelve arguments of 8 bytes. */
  private static final int MAX_RAW_TP = 96;

  private static final int MAX_SYSCALL = 0xffff;

  private BareTestRun() {}

  static TestRunResult run(TestRuns runs, VmProgram program, TestRun run) {
    boolean syscall = program.program().type() == ProgramType.SYSCALL;
    byte[] given = run.context();
    byte[] context = given == null ? new byte[0] : given;
    // Here a repeat of 1 is what a caller in Java says for "once".
    if (run.data() != null
        || run.dataOutSize() >= 0
        || run.contextOutSize() >= 0
        || Integer.compareUnsigned(run.repeat(), 1) > 0
        || run.batchSize() != 0
        || syscall && run.flags() != 0
        || context.length < program.contextEnd()
        || context.length > (syscall ? MAX_SYSCALL : MAX_RAW_TP)) {
      throw TestRuns.error(Errno.EINVAL, program);
    }
    Cpus cpus = runs.machine().cpus();
    Cpu cpu = syscall ? cpus.enter() : enter(cpus, program, run);
    try {
      BareContext block = runs.bareContexts().take(cpu);
      try {
        long address = block.put(context);
        Repeat once = Repeat.of(program, cpu, context.length == 0 ? 0 : address, 1);
        byte[] out = null;
        if (syscall && given != null) {
          out = new byte[context.length];
          Memory.copy(address, out, 0, out.length);
        }
        return new TestRunResult(0, (int) once.retval(), null, 0, out, once.nanos());
      } finally {
        runs.bareContexts().give(cpu, block);
      }
    } finally {
      cpus.leave();
    }
  }

  private static Cpu enter(Cpus cpus, VmProgram program, TestRun run) {
    if ((run.flags() & F_RUN_ON_CPU) == 0) {
      if (run.cpu() != 0) {
        throw TestRuns.error(Errno.EINVAL, program);
      }
      return cpus.enter();
    }
    int index = cpus.indexOf(run.cpu());
    if (index < 0) {
      throw TestRuns.error(Errno.ENXIO, program);
    }
    return cpus.enter(index);
  }
}

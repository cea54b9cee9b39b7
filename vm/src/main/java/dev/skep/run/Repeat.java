package dev.skep.run;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;

/**
 * The runs of one test run (bpf_test_run): as many as asked, the context as the one before left it.
 *
 * @param retval R0 of the last run
 * @param nanos mean time of a run
 */
record Repeat(long retval, long nanos) {
  /** Runs between two looks at the thread's interrupt flag. */
  private static final int STRETCH = 1 << 16;

  static Repeat of(VmProgram program, Cpu cpu, long context, int repeat) {
    long times = repeat == 0 ? 1 : Integer.toUnsignedLong(repeat);
    long done = 0;
    long retval = 0;
    Executable code = program.held();
    program.resetStorages(cpu);
    long start = System.nanoTime();
    while (done < times) {
      if (done > 0 && Thread.interrupted()) {
        Thread.currentThread().interrupt();
        throw new BpfErrnoException(Errno.EINTR, "run of \"" + program.program().name() + "\"");
      }
      int stretch = (int) Math.min(times - done, STRETCH);
      retval = code.run(cpu, context, stretch);
      done += stretch;
    }
    return new Repeat(retval, (System.nanoTime() - start) / times);
  }
}

package dev.skep.engine;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.UnsupportedException;
import dev.skep.program.AttachType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;

/** A program that can run. */
public interface LoadedProgram extends AutoCloseable {
  Program program();

  /** The program's number: what a lookup in a program array gives. */
  int id();

  /**
   * What stands for the program as the value of a program array's slot: a file descriptor, or the
   * engine's id.
   */
  int slotValue();

  /**
   * BPF_PROG_TEST_RUN.
   *
   * @throws dev.skep.errors.BpfErrnoException with the errno that Linux gives
   */
  TestRunResult testRun(TestRun run);

  /**
   * Runs the program once per packet, in order, and notes each result in the batch. What programs
   * write into packets is not kept. Engines that can, run the whole batch in one native call.
   *
   * @return nanoseconds spent in the runs
   */
  default long run(PacketBatch batch) {
    long nanos = 0;
    for (int i = 0; i < batch.count(); i++) {
      try {
        TestRunResult result = testRun(TestRun.of(batch.packet(i)));
        batch.result(i, 0, result.retval());
        nanos += result.durationNanos();
      } catch (BpfErrnoException refused) {
        batch.result(i, refused.errno(), 0);
      }
    }
    return nanos;
  }

  /**
   * Puts an input in place for many runs from Java.
   *
   * @throws dev.skep.errors.BpfErrnoException for an input that {@link #testRun} refuses
   */
  default PreparedRun prepare(TestRun input) {
    return new PreparedRun() {
      @Override
      public int run() {
        return testRun(input).retval();
      }

      @Override
      public void close() {}
    };
  }

  /**
   * Attaches the program to the place that its section names, as libbpf's bpf_program__attach does:
   * SEC("tracepoint/CATEGORY/NAME"), SEC("kprobe/FUNCTION"), SEC("uprobe/PATH:SYMBOL") and so on.
   *
   * @throws UnsupportedException if the section names no place, or this engine attaches nothing
   * @throws BpfErrnoException as the kernel refuses it, with what to do
   */
  default Link attach() {
    throw new UnsupportedException(
        "attach of program \"" + program().name() + "\": only the engine linux attaches programs");
  }

  /**
   * Attaches the program to a place.
   *
   * @throws UnsupportedException if this engine has no such place
   * @throws BpfErrnoException as the kernel refuses it, with what to do
   */
  default Link attach(AttachPoint point) {
    throw new UnsupportedException(
        "attach of program \""
            + program().name()
            + "\" to "
            + point.describe()
            + ": the JVM's engines attach extensions only, to functions of their programs");
  }

  /** Whether {@link #attach()} has a place to go to: the section names one. */
  default boolean attachesBySection() {
    if (program().attachTo() == null) {
      return program().type() == ProgramType.EXT && program().attachProgram() != null;
    }
    return switch (program().type()) {
      case KPROBE, TRACEPOINT, RAW_TRACEPOINT, RAW_TRACEPOINT_WRITABLE, TRACING, EXT -> true;
      case LSM -> program().expectedAttachType() == AttachType.LSM_MAC.number();
      default -> false;
    };
  }

  @Override
  void close();
}

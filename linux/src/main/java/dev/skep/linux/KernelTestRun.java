package dev.skep.linux;

import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout;
import dev.skep.linux.sys.Bpf;
import dev.skep.program.ProgramType;

/** BPF_PROG_TEST_RUN of one program. */
final class KernelTestRun {
  /** Larger than any packet of test_run: XDP with 17 fragments has 73,152 bytes. */
  private static final int ALL_DATA_BYTES = 1 << 17;

  /** Larger than any context struct that test_run returns. */
  private static final int ALL_CONTEXT_BYTES = 4096;

  private static final int XDP_LIVE_FRAMES = 2;

  private KernelTestRun() {}

  static TestRunResult run(Bpf bpf, KernelProgram program, TestRun run) {
    boolean live = (run.flags() & XDP_LIVE_FRAMES) != 0;
    boolean dataOut = run.data() != null && (!live || run.dataOutSize() > 0);
    boolean contextIn = run.context() != null && run.context().length > 0;
    boolean contextOut =
        contextIn
            && run.contextOutSize() != 0
            && program.program().type() != ProgramType.RAW_TRACEPOINT;
    try (Attr attr = new Attr()) {
      attr.putInt(AttrLayout.TestRun.PROG_FD, program.fd());
      // 0 and 1 mean the same, and some program types accept only 0.
      attr.putInt(AttrLayout.TestRun.REPEAT, run.repeat() == 1 ? 0 : run.repeat());
      attr.putInt(AttrLayout.TestRun.FLAGS, run.flags());
      attr.putInt(AttrLayout.TestRun.CPU, run.cpu());
      attr.putInt(AttrLayout.TestRun.BATCH_SIZE, run.batchSize());
      if (run.data() != null) {
        attr.putBytes(AttrLayout.TestRun.DATA_IN, run.data());
        attr.putInt(AttrLayout.TestRun.DATA_SIZE_IN, run.data().length);
      }
      long data = dataOut ? dataBuffer(attr, run.dataOutSize()) : 0;
      long context = contextIn ? context(attr, program, run, contextOut) : 0;
      int result = bpf.call(Bpf.PROG_TEST_RUN, attr);
      if (result < 0 && result != -Errno.ENOSPC) {
        throw new BpfErrnoException(
            -result, "test_run of program \"" + program.program().name() + "\"");
      }
      boolean inPlace = program.program().type() == ProgramType.SYSCALL;
      return result(attr, -result, run, data, contextOut ? context : 0, inPlace);
    }
  }

  private static long dataBuffer(Attr attr, int wanted) {
    int bytes = wanted < 0 ? ALL_DATA_BYTES : wanted;
    attr.putInt(AttrLayout.TestRun.DATA_SIZE_OUT, bytes);
    // A size of 0 beside a buffer means everything, so none is given then.
    return bytes == 0 ? 0 : attr.putBuffer(AttrLayout.TestRun.DATA_OUT, bytes);
  }

  /** Puts the context; the result is where the kernel leaves it after the run. */
  private static long context(Attr attr, KernelProgram program, TestRun run, boolean wanted) {
    byte[] bytes = java.util.Objects.requireNonNull(run.context());
    long in = attr.putBytes(AttrLayout.TestRun.CTX_IN, bytes);
    attr.putInt(AttrLayout.TestRun.CTX_SIZE_IN, bytes.length);
    if (!wanted) {
      return 0;
    }
    if (program.program().type() == ProgramType.SYSCALL) {
      // The kernel copies back to where it came from, and refuses to be given another place.
      return in;
    }
    int size = run.contextOutSize() < 0 ? ALL_CONTEXT_BYTES : run.contextOutSize();
    attr.putInt(AttrLayout.TestRun.CTX_SIZE_OUT, size);
    return attr.putBuffer(AttrLayout.TestRun.CTX_OUT, size);
  }

  private static TestRunResult result(
      Attr attr, int errno, TestRun run, long data, long context, boolean inPlace) {
    int dataSize = attr.getInt(AttrLayout.TestRun.DATA_SIZE_OUT);
    int room = run.dataOutSize() < 0 ? ALL_DATA_BYTES : run.dataOutSize();
    int contextSize =
        attr.getInt(inPlace ? AttrLayout.TestRun.CTX_SIZE_IN : AttrLayout.TestRun.CTX_SIZE_OUT);
    return new TestRunResult(
        errno,
        attr.getInt(AttrLayout.TestRun.RETVAL),
        data == 0 ? null : Attr.read(data, Math.min(dataSize, room)),
        data == 0 && run.dataOutSize() != 0 ? 0 : dataSize,
        context == 0 ? null : Attr.read(context, contextSize),
        Integer.toUnsignedLong(attr.getInt(AttrLayout.TestRun.DURATION)));
  }
}

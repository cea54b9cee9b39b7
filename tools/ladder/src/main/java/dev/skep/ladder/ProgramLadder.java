package dev.skep.ladder;

import dev.skep.engine.BpfMap;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelProgram;
import dev.skep.program.Program;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.List;

/**
 * How equal Skep and the running kernel are on single programs, up to the machine code: nothing is
 * run. For one thread.
 */
public final class ProgramLadder implements AutoCloseable {
  private final KernelEngine kernel;
  private final CodeRungs code = new CodeRungs(new KernelDump());

  private ProgramLadder(KernelEngine kernel) {
    this.kernel = kernel;
  }

  /**
   * A ladder beside the kernel of this machine.
   *
   * @throws dev.skep.errors.UnsupportedException where bpf(2) may not be used, with one line that
   *     says why
   */
  public static ProgramLadder open() {
    return new ProgramLadder(ObjectLadder.kernel());
  }

  /** The kernel: creates maps for {@link #climb(Program, List, VerifierOptions)}. */
  public KernelEngine kernel() {
    return kernel;
  }

  /** Climbs with maps that are made for the program. */
  public List<Finding> climb(Program program, VerifierOptions options) {
    try (KernelMaps maps = new KernelMaps(kernel)) {
      return climb(program, maps.of(program), options);
    }
  }

  /**
   * Climbs as far as each rung makes sense after those below.
   *
   * @param maps kernel maps that stand for the program's
   */
  public List<Finding> climb(Program program, List<BpfMap> maps, VerifierOptions options) {
    try (VerdictRungs rungs = VerdictRungs.climb(kernel, program, maps, options)) {
      List<Finding> findings = new ArrayList<>(rungs.findings());
      KernelProgram loaded = rungs.linuxProgram();
      VerifiedProgram verified = rungs.skepProgram();
      if (loaded != null && verified != null) {
        findings.addAll(code.climb(verified, loaded, maps));
      }
      return findings;
    }
  }

  @Override
  public void close() {
    kernel.close();
  }
}

package dev.skep.tests.differential;

import dev.skep.errors.Errno;
import dev.skep.fuzz.Cases;
import dev.skep.fuzz.ProgramGenerator;
import dev.skep.ladder.Behaviour;
import dev.skep.ladder.LogText;
import dev.skep.ladder.Sample;
import dev.skep.ladder.SampleMaps;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelProgram;
import dev.skep.linux.KernelVerdict;
import dev.skep.linux.Linux;

/**
 * Writes the line of a permanent case, with the running kernel's verdict and results. Arguments:
 * seeds of generated programs, or lines that a report printed; those get a verdict only, because a
 * shrunk program may read what it did not write.
 */
final class CaseRecorder {
  private static final int LOG_LEVEL = 1;

  private CaseRecorder() {}

  public static void main(String[] arguments) {
    try (KernelEngine engine = Linux.kernel()) {
      for (String argument : arguments) {
        boolean seed = !argument.contains("|");
        Sample sample =
            seed ? ProgramGenerator.generate(Long.parseLong(argument), 0) : Cases.parse(argument);
        System.out.println(record(engine, sample, seed).line());
      }
    }
  }

  private static Cases.Case record(KernelEngine engine, Sample sample, boolean run) {
    try (SampleMaps maps = new SampleMaps(engine, sample);
        KernelVerdict verdict = engine.judge(sample.program(), maps.maps(), LOG_LEVEL)) {
      KernelProgram program = verdict.program();
      if (program == null) {
        String reason = Errno.name(verdict.errno()) + ' ' + LogText.lastError(verdict.log());
        return new Cases.Case(sample, reason, "");
      }
      String behaviour = run ? String.join(" ; ", Behaviour.of(program, sample, maps).lines()) : "";
      return new Cases.Case(sample, "accepted", behaviour);
    }
  }
}

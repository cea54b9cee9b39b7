package dev.skep.cli;

import dev.skep.errors.UnsupportedException;
import dev.skep.linux.KernelEngine;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skep feature probe}: what the running kernel can do, in bpftool's words. */
@Command(
    name = "feature",
    description = "Ask the kernel what it can do.",
    subcommands = FeatureCommand.Probe.class)
final class FeatureCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    throw new UsageException("feature: say 'probe'");
  }

  /** The questions and the answers. */
  @Command(name = "probe", description = "Try what the running kernel knows, and print it.")
  static final class Probe implements Callable<Integer> {
    @Mixin GlobalOptions global;
    @Spec CommandSpec spec;

    @Option(names = "--no-helpers", description = "Leave the helpers out, most of the questions.")
    boolean noHelpers;

    @Override
    public Integer call() throws IOException {
      KernelEngine.Availability linux = KernelEngine.available();
      if (!linux.available()) {
        throw new UnsupportedException("feature probe: " + linux.reason());
      }
      FeatureReport report = new FeatureReport(noHelpers);
      PrintWriter out = spec.commandLine().getOut();
      if (global.anyJson()) {
        out.println(report.json(global.pretty));
      } else {
        report.text(out);
      }
      return ExitStatus.OK;
    }
  }
}

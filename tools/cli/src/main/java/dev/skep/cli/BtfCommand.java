package dev.skep.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skep btf dump file F [format raw|c]}, as bpftool has it. */
@Command(name = "btf", description = "Inspect BTF.", subcommands = BtfCommand.Dump.class)
final class BtfCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    throw new UsageException("btf: say 'dump file FILE [format raw|c]'");
  }

  /** The dump. */
  @Command(name = "dump", description = "Print the types: btf dump file FILE [format raw|c].")
  static final class Dump implements Callable<Integer> {
    @Mixin GlobalOptions global;
    @Spec CommandSpec spec;

    @Parameters(arity = "2..4", paramLabel = "file FILE [format raw|c]")
    List<String> words;

    @Override
    public Integer call() throws java.io.IOException {
      if (!words.get(0).equals("file")) {
        throw new UsageException("btf dump: expected 'file', got \"" + words.get(0) + "\"");
      }
      String format = "raw";
      if (words.size() > 2) {
        if (words.size() != 4 || !words.get(2).equals("format")) {
          throw new UsageException("btf dump: expected 'format raw|c' after the file");
        }
        format = words.get(3);
      }
      BtfText.print(Path.of(words.get(1)), format, global.anyJson(), spec.commandLine().getOut());
      return ExitStatus.OK;
    }
  }
}

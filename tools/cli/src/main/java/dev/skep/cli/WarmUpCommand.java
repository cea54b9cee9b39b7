package dev.skep.cli;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** What the training run of the AOT cache does: the common commands on one object. */
@Command(name = "warm-up", hidden = true)
final class WarmUpCommand implements Callable<Integer> {
  private static final PrintWriter OUT = new PrintWriter(Writer.nullWriter());

  @Parameters(index = "0")
  String object;

  @Override
  public Integer call() {
    int status = 0;
    for (int i = 0; i < 2; i++) {
      status |= Main.run(OUT, OUT, "verify", "-l", "2", object);
      status |= Main.run(OUT, OUT, "verify", "-o", "json", object);
    }
    status |= Main.run(OUT, OUT, "prog", "dump", "xlated", object);
    status |= Main.run(OUT, OUT, "prog", "dump", "jited", object);
    status |= Main.run(OUT, OUT, "run", object, "--data-in", "hex:" + "00".repeat(60));
    return status;
  }
}

package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import dev.skep.program.Program;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.Verifier;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skep prog dump xlated|jited OBJ PROG}: what becomes of a program, as bpftool shows it. */
@Command(name = "prog", description = "Inspect programs.", subcommands = ProgCommand.Dump.class)
final class ProgCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    throw new UsageException("prog: say 'dump xlated|jited OBJ PROG [opcodes] [linum]'");
  }

  /** The dump. */
  @Command(
      name = "dump",
      description = "Print rewritten instructions or machine code: dump xlated|jited OBJ PROG.")
  static final class Dump implements Callable<Integer> {
    @Mixin GlobalOptions global;
    @Spec CommandSpec spec;

    /** No least number: options may stand between them, and it would hold for each group. */
    @Parameters(arity = "0..*", paramLabel = "xlated|jited OBJ[:PROG] [PROG] [opcodes] [linum]")
    List<String> words = List.of();

    @Option(names = "--layout", description = "Of machine code: kernel (default) or user.")
    @Nullable String layout;

    @Option(names = "--arch", description = "x86_64 (default) or arm64.")
    String arch = "x86_64";

    @Option(
        names = "--dialect",
        description = "Which forms tail calls have: seed (default) or linux-6.18.")
    String dialect = "seed";

    @Option(
        names = "--live",
        description = "Load the object here, and show the code where it lives.")
    boolean live;

    @Mixin SlotOptions slots;

    @Override
    public Integer call() throws IOException {
      if (words.size() < 2) {
        throw new UsageException("prog dump: say 'xlated|jited OBJ PROG [opcodes] [linum]'");
      }
      List<String> rest = new ArrayList<>(words);
      String what = rest.removeFirst();
      if (!what.equals("xlated") && !what.equals("jited")) {
        throw new UsageException("prog dump: expected xlated or jited, got \"" + what + "\"");
      }
      ObjectArgument argument = ObjectArgument.parse(rest.removeFirst());
      boolean opcodes = rest.remove("opcodes");
      boolean linum = rest.remove("linum");
      if (rest.size() > 1 || !rest.isEmpty() && argument.program() != null) {
        throw new UsageException("prog dump: unexpected \"" + rest.getLast() + "\"");
      }
      boolean jited = what.equals("jited");
      if (!jited && (layout != null || live || !slots.given.isEmpty())) {
        throw new UsageException("prog dump xlated: --layout, --live, --prog-array are for jited");
      }
      CodeTarget target = CodeTarget.parse(arch, layout == null ? "kernel" : layout, dialect);
      BpfObject object = argument.open();
      List<String> members = slots.programs(object);
      String wanted = rest.isEmpty() ? argument.program() : rest.getFirst();
      String name = EntryProgram.choose(object, wanted, members);
      RunnableProgram runnable = target.rewrite(verified(argument, object, name));
      if (!jited) {
        XlatedDump dump = new XlatedDump(runnable, opcodes, linum);
        print(dump::text, dump::write);
      } else if (live || !slots.given.isEmpty()) {
        try (LiveCode code = new LiveCode(target, object, name, slots)) {
          print(new JitedDump(runnable, code.code(), target, code::slot, opcodes, linum));
        }
      } else {
        print(JitedDump.of(runnable, target, opcodes, linum));
      }
      return ExitStatus.OK;
    }

    private void print(JitedDump dump) throws IOException {
      print(dump::text, dump::write);
    }

    private interface Body {
      void write(JsonGenerator json) throws IOException;
    }

    private void print(Supplier<String> text, Body json) throws IOException {
      PrintWriter out = spec.commandLine().getOut();
      if (!global.anyJson()) {
        out.print(text.get());
        return;
      }
      StringWriter lines = new StringWriter();
      try (JsonGenerator generator = Json.FACTORY.createGenerator(lines)) {
        if (global.pretty) {
          generator.useDefaultPrettyPrinter();
        }
        json.write(generator);
      }
      out.println(lines);
    }

    private static VerifiedProgram verified(
        ObjectArgument argument, BpfObject object, String wanted) {
      ObjectProgram chosen =
          object.programs().stream().filter(p -> p.name().equals(wanted)).findFirst().orElseThrow();
      Program program = object.toProgram(chosen);
      return switch (Verifier.verify(program, Engines.verifier().withLogLevel(1))) {
        case Verdict.Accepted accepted -> accepted.program();
        case Verdict.Rejected rejected ->
            throw new RejectedException(
                argument.path() + ":" + wanted + ": rejected: " + rejected.message(),
                rejected.errno(),
                rejected.insn(),
                rejected.log());
        case Verdict.Unsupported unsupported ->
            throw new UnsupportedException(
                argument.path() + ":" + wanted + ": " + unsupported.what());
      };
    }
  }
}

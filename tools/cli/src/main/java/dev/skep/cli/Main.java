package dev.skep.cli;

import dev.skep.errors.SkepException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;

/** The skep command. */
@Command(
    name = "skep",
    description = "The eBPF system for the JVM: verify, rewrite, compile and run BPF objects.",
    mixinStandardHelpOptions = false,
    versionProvider = Main.Version.class)
public final class Main {
  /** Commands with something to do at the end: an interrupted campaign, the AOT cache. */
  private static final Set<String> EXITS = Set.of("fuzz", "warm-up");

  private static final List<Class<?>> COMMANDS =
      List.of(
          RunCommand.class,
          VerifyCommand.class,
          ProgCommand.class,
          MapCommand.class,
          BtfCommand.class,
          GenCommand.class,
          LadderCommand.class,
          ExplainCommand.class,
          BatchCommand.class,
          BenchCommand.class,
          DoctorCommand.class,
          FeatureCommand.class,
          ConformanceCommand.class,
          FuzzCommand.class,
          WarmUpCommand.class);

  private static final Set<String> GLOBAL =
      Set.of("-j", "--json", "-p", "--pretty", "-d", "--debug");

  @CommandLine.Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Print the version.")
  boolean version;

  @CommandLine.Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = CommandLine.ScopeType.INHERIT,
      description = "Print this help.")
  boolean help;

  private Main() {}

  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    Preload.start(args);
    int status = run(out, err, args);
    err.flush();
    System.out.flush();
    if (args.length > 0 && EXITS.contains(args[0])) {
      System.exit(status);
    }
    // An exit looks for a logger of exits in all modules first, which takes as long as verifying.
    Runtime.getRuntime().halt(status);
  }

  /** Runs one command line; returns its exit status. Standard input is the process's own. */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    boolean debug =
        !List.of(args).contains("gen") && List.of(args).contains("-d")
            || List.of(args).contains("--debug");
    CommandLine line = new CommandLine(new Main());
    addCommands(line, args);
    line.setExpandAtFiles(false); // commands read their own lists
    line.setOut(out);
    line.setErr(err);
    line.setParameterExceptionHandler(Main::usageError);
    line.setExecutionExceptionHandler((e, command, _) -> failure(e, command, debug));
    int status = line.execute(globalsLast(args));
    out.flush();
    return status;
  }

  /** The command that is meant alone, as finding out what each can do takes its time; else all. */
  private static void addCommands(CommandLine line, String[] args) {
    String wanted = "";
    for (int i = 0; i < args.length && wanted.isEmpty(); i++) {
      wanted = args[i].startsWith("-") ? "" : args[i];
    }
    for (Class<?> command : COMMANDS) {
      if (name(command).equals(wanted)) {
        line.addSubcommand(command);
        return;
      }
    }
    COMMANDS.forEach(line::addSubcommand);
  }

  private static String name(Class<?> command) {
    return command.getAnnotation(Command.class).name();
  }

  /** Moves options of all commands, which users of bpftool put before the command, behind it. */
  private static String[] globalsLast(String[] args) {
    int count = 0;
    while (count < args.length && GLOBAL.contains(args[count])) {
      count++;
    }
    if (count == args.length) {
      return args;
    }
    String[] moved = new String[args.length];
    System.arraycopy(args, count, moved, 0, args.length - count);
    System.arraycopy(args, 0, moved, args.length - count, count);
    return moved;
  }

  private static int usageError(ParameterException e, String[] args) {
    String text = String.valueOf(e.getMessage()).lines().findFirst().orElse("wrong usage");
    error(e.getCommandLine().getErr(), Character.toLowerCase(text.charAt(0)) + text.substring(1));
    return ExitStatus.USAGE;
  }

  private static int failure(Exception e, CommandLine command, boolean debug) {
    command.getOut().flush();
    if (debug) {
      e.printStackTrace(command.getErr());
    }
    if (e instanceof SkepException known) {
      error(command.getErr(), known.getMessage());
      return ExitStatus.of(known);
    }
    if (e instanceof UsageException) {
      error(command.getErr(), String.valueOf(e.getMessage()));
      return ExitStatus.USAGE;
    }
    error(command.getErr(), "internal error: " + e + " (please report it; -d shows where)");
    return ExitStatus.MALFORMED;
  }

  /** One line on standard error. */
  static void error(PrintWriter err, String text) {
    err.println("skep: " + text.replace('\n', ' '));
    err.flush();
  }

  /** The version of this build, and of the kernel it follows. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version =
          Main.class.getModule().getDescriptor() == null
              ? "dev"
              : Main.class.getModule().getDescriptor().rawVersion().orElse("dev");
      return new String[] {"skep " + version + " (Linux 6.18 dialect)"};
    }
  }
}

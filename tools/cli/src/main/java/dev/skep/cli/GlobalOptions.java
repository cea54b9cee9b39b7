package dev.skep.cli;

import picocli.CommandLine.Option;

/** Options that every command takes. */
final class GlobalOptions {
  @Option(
      names = {"-j", "--json"},
      description = "JSON output.")
  boolean json;

  @Option(
      names = {"-p", "--pretty"},
      description = "JSON output, indented.")
  boolean pretty;

  @Option(
      names = {"-d", "--debug"},
      description = "Stack traces of failures.")
  boolean debug;

  boolean anyJson() {
    return json || pretty;
  }
}

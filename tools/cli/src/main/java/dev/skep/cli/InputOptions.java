package dev.skep.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a program is run over: the packets of a capture, or one packet, or a context struct. */
final class InputOptions {
  @Option(names = "--pcap", paramLabel = "FILE", description = "Packets: pcap or pcapng.")
  @Nullable Path pcap;

  @Option(names = "--data-in", paramLabel = "FILE|hex:..", description = "One packet.")
  @Nullable String dataIn;

  @Option(names = "--ctx-in", paramLabel = "FILE|hex:..", description = "The context struct.")
  @Nullable String contextIn;

  /** Whether one input is given, and not a capture. */
  boolean isSingle() {
    return dataIn != null || contextIn != null;
  }

  byte @Nullable [] data() {
    return dataIn == null ? null : Hex.input("--data-in", dataIn);
  }

  byte @Nullable [] context() {
    return contextIn == null ? null : Hex.input("--ctx-in", contextIn);
  }
}

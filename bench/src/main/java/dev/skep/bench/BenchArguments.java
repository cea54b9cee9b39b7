package dev.skep.bench;

import java.nio.file.Path;

/**
 * Arguments of a benchmark.
 *
 * @param rounds how often each thing is measured
 * @param cold programs and arrays of the cold case; 0 leaves it out
 * @param json whether the result is printed as JSON
 * @param root the repository's root
 */
record BenchArguments(int rounds, int cold, boolean json, Path root) {
  static BenchArguments parse(String... args) {
    int rounds = 201;
    int cold = 1 << 14;
    boolean json = false;
    Path root = Path.of(".");
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--rounds" -> rounds = Integer.parseInt(args[++i]);
        case "--cold" -> cold = Integer.parseInt(args[++i]);
        case "-o" -> json = args[++i].equals("json");
        default -> root = Path.of(args[i]);
      }
    }
    return new BenchArguments(rounds, cold, json, root);
  }
}

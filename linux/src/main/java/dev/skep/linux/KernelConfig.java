package dev.skep.linux;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The configuration that a kernel was built with, from the files that libbpf reads for {@code
 * __kconfig} externs: /boot/config-RELEASE, else /proc/config.gz.
 *
 * @param source the file; empty where the kernel does not tell
 * @param values by names with CONFIG_ in front: "y", "m", numbers, quoted text
 */
public record KernelConfig(String source, Map<String, String> values) {
  static final KernelConfig NONE = new KernelConfig("", Map.of());

  /** Of the kernel of that release (uname -r) under a root directory, "/" for the running one. */
  static KernelConfig read(Path root, String release) {
    for (String file : List.of("boot/config-" + release, "proc/config.gz")) {
      try {
        return new KernelConfig("/" + file, parse(root.resolve(file)));
      } catch (IOException notThere) {
        // The next one; libbpf does not mind either.
      }
    }
    return NONE;
  }

  private static Map<String, String> parse(Path file) throws IOException {
    Map<String, String> values = new HashMap<>();
    boolean packed = file.toString().endsWith(".gz");
    try (var bytes = Files.newInputStream(file);
        var plain = packed ? new GZIPInputStream(bytes) : bytes;
        var lines = new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int equals = line.indexOf('=');
        if (line.startsWith("CONFIG_") && equals > 0) {
          values.put(line.substring(0, equals), line.substring(equals + 1).strip());
        }
      }
    }
    return values;
  }

  /** The value of a setting; null when it is off or not known. */
  public @Nullable String value(String name) {
    return values.get(name);
  }

  /** The value of a setting that is a number. */
  public OptionalInt number(String name) {
    String value = values.getOrDefault(name, "");
    return value.matches("[0-9]{1,9}")
        ? OptionalInt.of(Integer.parseInt(value))
        : OptionalInt.empty();
  }
}

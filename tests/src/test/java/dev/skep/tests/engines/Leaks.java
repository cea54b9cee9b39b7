package dev.skep.tests.engines;

import dev.skep.natives.Memory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What the process holds: open descriptors by what they refer to, Skep's off-heap blocks, and the
 * mappings that are neither of the JVM's heap nor of files. Two of them, before and after something
 * that should leave nothing behind, are compared.
 *
 * @param descriptors count by target, as in "anon_inode:bpf-map"
 * @param blocks of {@link Memory}
 * @param mappings how many
 * @param mappedBytes their size, reserved space and the JVM's own memory not counted
 */
public record Leaks(Map<String, Integer> descriptors, long blocks, int mappings, long mappedBytes) {
  /** What the JVM may map or unmap on its own meanwhile: arenas, code, thread stacks. */
  private static final int OWN_MAPPINGS = 64;

  private static final long OWN_BYTES = 256L << 20;

  /** Looks at the process of now. */
  public static Leaks now() {
    return new Leaks(openDescriptors(), Memory.blocks(), mappingSizes().length, mapped());
  }

  private static Map<String, Integer> openDescriptors() {
    Map<String, Integer> counts = new TreeMap<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        counts.merge(target(descriptor), 1, Integer::sum);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // The listing itself, and the JDK's own random numbers.
    counts.keySet().removeIf(name -> name.startsWith("/proc/") || name.endsWith("random"));
    return counts;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().replaceAll(":\\[\\d+]", "");
    } catch (IOException gone) {
      return "/proc/";
    }
  }

  /** Without what the JVM has committed for its own: the heap grows when it likes. */
  private static long mapped() {
    MemoryMXBean jvm = ManagementFactory.getMemoryMXBean();
    long sum =
        -jvm.getHeapMemoryUsage().getCommitted() - jvm.getNonHeapMemoryUsage().getCommitted();
    for (long size : mappingSizes()) {
      sum += size;
    }
    return sum;
  }

  /** Sizes of the mappings that can be written or run and belong to no file on disk. */
  private static long[] mappingSizes() {
    List<String> lines;
    try {
      lines = Files.readAllLines(Path.of("/proc/self/maps"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lines.stream()
        .filter(line -> !line.contains(" ---p ") && !line.contains(" /usr/"))
        .mapToLong(Leaks::size)
        .toArray();
  }

  private static long size(String line) {
    int dash = line.indexOf('-');
    int space = line.indexOf(' ');
    return Long.parseUnsignedLong(line.substring(dash + 1, space), 16)
        - Long.parseUnsignedLong(line.substring(0, dash), 16);
  }

  /** What is there that was not there before, as text; empty when nothing is. */
  public String since(Leaks before) {
    StringBuilder text = new StringBuilder();
    descriptors.forEach((target, count) -> {
      int more = count - before.descriptors.getOrDefault(target, 0);
      if (more > 0) {
        text.append(more).append(" descriptors of ").append(target).append("; ");
      }
    });
    if (blocks > before.blocks) {
      text.append(blocks - before.blocks).append(" blocks; ");
    }
    if (mappings > before.mappings + OWN_MAPPINGS) {
      text.append(mappings - before.mappings).append(" mappings; ");
    }
    if (mappedBytes > before.mappedBytes + OWN_BYTES) {
      text.append(mappedBytes - before.mappedBytes).append(" bytes mapped; ");
    }
    return text.toString();
  }
}

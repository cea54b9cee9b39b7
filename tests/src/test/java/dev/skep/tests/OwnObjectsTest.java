package dev.skep.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.SkepException;
import dev.skep.ladder.Comparison;
import dev.skep.ladder.Finding;
import dev.skep.ladder.ObjectLadder;
import dev.skep.ladder.Rung;
import dev.skep.linux.KernelBtf;
import dev.skep.linux.KernelEngine;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * All objects of the project on the ladder, beside the running kernel: what differs is known (see
 * PARITY.md).
 */
class OwnObjectsTest {
  @Test
  void whatDiffersIsKnown() throws IOException {
    KernelEngine.Availability available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    List<String> different = new ArrayList<>();
    Map<Rung, Integer> equal = new EnumMap<>(Rung.class);
    try (ObjectLadder ladder = ObjectLadder.open()) {
      for (Path file : objects()) {
        for (Comparison comparison : climb(ladder, file)) {
          for (Finding finding : comparison.findings()) {
            if (finding.kind() == Finding.Kind.EQUAL) {
              equal.merge(finding.rung(), 1, Integer::sum);
            } else if (finding.isDifferent() && !finding.detail().contains("known:")) {
              different.add(file + ":" + comparison.program() + ": " + finding);
            }
          }
        }
      }
    }
    System.out.println("own objects, programs that are equal by rung: " + equal);
    assertThat(different).isEmpty();
    assertThat(equal.get(Rung.VERDICT)).isGreaterThan(50);
    assertThat(equal.get(Rung.XLATED)).isGreaterThan(50);
  }

  private static List<Comparison> climb(ObjectLadder ladder, Path file) {
    List<Comparison> comparisons = new ArrayList<>();
    BpfObject object;
    try {
      object = BpfObject.open(file);
    } catch (SkepException unreadable) {
      return comparisons;
    }
    if (object.needsKernelBtf() && KernelBtf.types().vmlinux() != null) {
      object.kernelBtf(Objects.requireNonNull(KernelBtf.types().vmlinux()));
    }
    for (ObjectProgram program : object.programs()) {
      comparisons.add(ladder.climb(object, program, ladder.inputs(program)));
    }
    return comparisons;
  }

  /** Every object that the project holds. */
  static List<Path> objects() throws IOException {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("examples/dispatch.bpf.o"))) {
      root = Objects.requireNonNull(root.getParent());
    }
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(file -> file.toString().endsWith(".o"))
          .filter(file -> !file.endsWith("negative.bpf.o")) // there to differ
          .filter(file ->
              file.toString().contains("/src/test/resources/")
                  || file.toString().contains("/examples/")
                  || file.toString().contains("/bench/objects/"))
          .sorted()
          .toList();
    }
  }
}

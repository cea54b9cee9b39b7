package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.errors.SkepException;
import dev.skep.fuzz.Tally;
import dev.skep.ladder.Ladder;
import dev.skep.ladder.Sample;
import dev.skep.linux.KernelEngine;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import dev.skep.object.OpenOptions;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * The programs of all objects in a directory beside the running kernel, from the verdict to the
 * rewritten instructions. {@code -Dskep.objects=DIR} names the directory.
 */
class ObjectsTest {
  private static final Path VMLINUX = Path.of("/sys/kernel/btf/vmlinux");

  @Test
  void programsOfObjects() throws IOException {
    String directory = System.getProperty("skep.objects");
    Assumptions.assumeTrue(directory != null, "no -Dskep.objects=DIR");
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    OpenOptions options =
        Files.isReadable(VMLINUX)
            ? OpenOptions.DEFAULT.withKernelBtf(Btf.parse(Files.readAllBytes(VMLINUX)))
            : OpenOptions.DEFAULT;
    Tally tally = new Tally();
    List<String> skipped = new ArrayList<>();
    try (Ladder ladder = new Ladder(false)) {
      for (Path object : objects(Path.of(String.valueOf(directory)))) {
        try {
          compare(ladder, tally, object, BpfObject.open(object, options), skipped);
        } catch (SkepException notOpened) {
          skipped.add(object.getFileName() + ": " + notOpened.getMessage());
        }
      }
    }
    System.out.print(tally.summary());
    skipped.forEach(line -> System.out.println("skipped " + line));
    assertThat(tally.details()).isEmpty();
  }

  private static List<Path> objects(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> file.toString().endsWith(".o")).sorted().toList();
    }
  }

  private static void compare(
      Ladder ladder, Tally tally, Path file, BpfObject object, List<String> skipped) {
    for (ObjectProgram each : object.programs()) {
      String name = file.getFileName() + ":" + each.name();
      try {
        if (each.type() == ProgramType.UNSPEC) {
          // Sections of loaders other than libbpf: their programs are of these two types.
          each.type(name.contains("xdp") ? ProgramType.XDP : ProgramType.SCHED_CLS, 0);
        }
        Program program = object.toProgram(each);
        List<List<Sample.Element>> contents = new ArrayList<>();
        program.maps().forEach(map -> contents.add(List.of()));
        Sample sample = new Sample(name, program, List.of(), List.of(), contents);
        tally.add(sample, ladder.climb(sample));
      } catch (SkepException notLoaded) {
        skipped.add(name + ": " + notLoaded.getMessage());
      }
    }
  }
}

package dev.skep.cli;

import dev.skep.errors.SkepException;
import dev.skep.ladder.Sample;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Programs of objects, to be mutated; what cannot be opened or linked is passed over. */
final class FuzzCorpus {
  /** Longer programs take too much of the time. */
  private static final int MAX_INSNS = 600;

  private final List<Sample> samples = new ArrayList<>();
  private long fingerprint;

  private FuzzCorpus() {}

  /**
   * The programs of the objects in those files and directories, in the order of their names.
   *
   * @throws UsageException if there is none
   */
  static FuzzCorpus of(List<Path> places) {
    FuzzCorpus corpus = new FuzzCorpus();
    for (Path place : places) {
      for (Path file : files(place)) {
        corpus.add(file);
      }
    }
    if (corpus.samples.isEmpty() && !places.isEmpty()) {
      throw new UsageException("--mutate: no program in " + places);
    }
    return corpus;
  }

  private static List<Path> files(Path place) {
    if (!Files.exists(place)) {
      throw new UsageException("--mutate: " + place + ": no such file");
    }
    try (Stream<Path> files = Files.walk(place)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> file.equals(place) || file.toString().endsWith(".o"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void add(Path file) {
    final BpfObject object;
    try {
      object = new ObjectArgument(file, null).open();
    } catch (SkepException notOpened) {
      return;
    }
    object.programs().stream()
        .filter(each -> each.type() != ProgramType.UNSPEC)
        .forEach(each -> add(file, object, each));
  }

  private void add(Path file, BpfObject object, ObjectProgram program) {
    Program linked;
    try {
      linked = object.toProgram(program);
    } catch (SkepException notLinked) {
      return;
    }
    add(file.getFileName() + ":" + program.name(), linked);
  }

  private void add(String name, Program program) {
    if (program.insns().length > MAX_INSNS) {
      return;
    }
    List<List<Sample.Element>> contents = new ArrayList<>();
    program.maps().forEach(map -> contents.add(List.of()));
    samples.add(new Sample(name, program, List.of(), List.of(), contents));
    for (long word : program.insns()) {
      fingerprint = 31 * fingerprint + word;
    }
  }

  List<Sample> samples() {
    return samples;
  }

  /** The same for the same programs. */
  String text() {
    return samples.size()
        + " programs of objects"
        + (samples.isEmpty() ? "" : " " + Long.toHexString(fingerprint));
  }
}

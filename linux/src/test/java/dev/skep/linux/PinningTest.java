package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.BpfMap;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.TestRun;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.RejectedException;
import dev.skep.isa.InsnWord;
import dev.skep.object.BpfObject;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pins in a BPF file system that is mounted for each test; skipped where that is not allowed. */
class PinningTest {
  private static final MapSpec SPEC = MapSpec.of("m", MapType.HASH, 4, 4, 8, 0);

  @TempDir Path directory;
  private Path bpffs;
  private boolean mounted;
  private final KernelEngine engine = Linux.kernel();

  @BeforeEach
  void mount() throws Exception {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    bpffs = Files.createDirectory(directory.resolve("bpffs"));
    mounted = run("mount", "-t", "bpf", "bpf", bpffs.toString());
    Assumptions.assumeTrue(mounted, "a bpf file system cannot be mounted here");
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      assertThat(run("umount", bpffs.toString())).isTrue();
    }
    engine.close();
  }

  private static boolean run(String... command) throws Exception {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException noSuchCommand) {
      return false;
    }
  }

  private static BpfObject object() {
    try (InputStream in = PinningTest.class.getResourceAsStream("/readers/pinned.bpf.o")) {
      return BpfObject.open("pinned", Objects.requireNonNull(in).readAllBytes());
    } catch (IOException unreadable) {
      throw new AssertionError(unreadable);
    }
  }

  private static Program returning(int value) {
    long[] insns = {InsnWord.of(0xb7, 0, 0, 0, value), InsnWord.of(0x95, 0, 0, 0, 0)};
    return Program.of("five", ProgramType.XDP, "GPL", insns, List.of());
  }

  @Test
  void pinnedMapOutlivesItsDescriptor() {
    Path file = bpffs.resolve("m");
    byte[] key = {1, 0, 0, 0};
    int id;
    try (KernelMap map = engine.createMap(SPEC)) {
      map.update(key, key, BpfMap.ANY);
      map.pin(file);
      id = map.id();
      assertThatThrownBy(() -> map.pin(file))
          .isInstanceOf(BpfErrnoException.class)
          .hasMessage("pin of map \"m\": EEXIST: the file exists; remove it first");
    }
    try (KernelMap found = engine.pinnedMap(file);
        KernelMap same = engine.mapById(id)) {
      assertThat(found.id()).isEqualTo(id);
      assertThat(found.spec()).isEqualTo(SPEC);
      assertThat(same.lookup(key)).isEqualTo(key);
    }
  }

  @Test
  void pinnedProgramRuns() {
    Path file = bpffs.resolve("five");
    try (KernelProgram program = engine.load(returning(5), List.of())) {
      program.pin(file);
    }
    try (KernelProgram found = engine.pinnedProgram(file)) {
      assertThat(found.program().type()).isEqualTo(ProgramType.XDP);
      assertThat(found.program().name()).isEqualTo("five");
      assertThat(found.testRun(TestRun.of(new byte[64])).retval()).isEqualTo(5);
    }
    assertThatThrownBy(() -> engine.pinnedMap(file))
        .isInstanceOf(BpfErrnoException.class)
        .hasMessage("map pinned at " + file + ": EINVAL: it is a program");
  }

  @Test
  void wrongPlacesAreErrorsInOneLine() {
    try (KernelMap map = engine.createMap(SPEC)) {
      assertThatThrownBy(() -> map.pin(directory.resolve("m")))
          .isInstanceOf(BpfErrnoException.class)
          .hasMessageStartingWith("pin of map \"m\": E")
          .hasMessageContaining("bpf file system");
      assertThatThrownBy(() -> map.pin(bpffs.resolve("none/m")))
          .isInstanceOf(BpfErrnoException.class)
          .hasMessage("pin of map \"m\": ENOENT: the directory does not exist");
    }
    Path none = bpffs.resolve("none");
    assertThatThrownBy(() -> engine.pinnedMap(none))
        .isInstanceOf(BpfErrnoException.class)
        .hasMessage("map pinned at " + none + ": ENOENT: there is no such file");
  }

  private static void count(LoadedObject object, int runs) {
    object.program("count").testRun(TestRun.of(new byte[64]).withRepeat(runs));
  }

  /** LIBBPF_PIN_BY_NAME: the second load goes on with the map of the first. */
  @Test
  void objectsShareMapsByName() {
    Path root = bpffs.resolve("shared");
    try (LoadedObject first = engine.load(object(), root)) {
      count(first, 3);
      assertThat(root.resolve("runs")).exists();
    }
    try (LoadedObject second = engine.load(object(), root);
        LoadedObject apart = engine.load(object())) {
      count(second, 4);
      count(apart, 1);
      assertThat(second.map("runs").lookup(new byte[4])).startsWith((byte) 7);
      assertThat(apart.map("runs").lookup(new byte[4])).startsWith((byte) 1);
    }
  }

  @Test
  void mapOfAnotherShapeIsRefused() {
    Path file = bpffs.resolve("runs");
    try (KernelMap other = engine.createMap(MapSpec.of("runs", MapType.ARRAY, 4, 8, 2, 0))) {
      other.pin(file);
    }
    assertThatThrownBy(() -> engine.load(object(), bpffs))
        .isInstanceOf(BpfErrnoException.class)
        .hasMessage(
            "reuse of map \"runs\" pinned at "
                + file
                + ": EINVAL: parameter mismatch: max_entries is 2 there and 1 in the object");
    assertThat(file).exists();
  }

  @Test
  void failedLoadTakesItsPinsAway() {
    BpfObject object = object();
    // A value of 4 bytes makes the program's access too large.
    object.map("runs").valueSize(4);
    assertThatThrownBy(() -> engine.load(object, bpffs)).isInstanceOf(RejectedException.class);
    assertThat(bpffs.resolve("runs")).doesNotExist();
  }

  @Test
  void rootOfTwoNewNamesIsNotMade() {
    Path root = bpffs.resolve("a/b");
    assertThatThrownBy(() -> engine.load(object(), root))
        .isInstanceOf(BpfErrnoException.class)
        .hasMessageStartingWith("pin of " + root.resolve("runs") + ": ENOENT");
    assertThat(bpffs.resolve("a")).doesNotExist();
  }
}

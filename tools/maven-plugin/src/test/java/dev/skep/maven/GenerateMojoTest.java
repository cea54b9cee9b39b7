package dev.skep.maven;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.maven.execution.MavenSession;
import org.apache.maven.model.Plugin;
import org.apache.maven.plugin.MojoExecution;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugin.logging.SystemStreamLog;
import org.apache.maven.project.MavenProject;
import org.apache.maven.toolchain.Toolchain;
import org.apache.maven.toolchain.ToolchainManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The goal as Maven calls it, with the generator in a process. */
final class GenerateMojoTest {
  @TempDir private Path temp;
  private final MavenProject project = new MavenProject();
  private final List<String> said = new ArrayList<>();
  private @Nullable Toolchain selected;
  private Path objects;
  private Path classes;

  @BeforeEach
  void copies() throws IOException {
    objects = Files.createDirectories(temp.resolve("src/main/bpf"));
    classes = temp.resolve("target/generated-sources/skep/org/example");
    Files.copy(examples().resolve("dispatch.bpf.o"), objects.resolve("dispatch.bpf.o"));
    Files.copy(examples().resolve("events.bpf.o"), objects.resolve("events.bpf.o"));
  }

  private static Path examples() {
    Path here = Path.of("").toAbsolutePath();
    Path root = Files.isDirectory(here.resolve("examples")) ? here : here.resolve("../..");
    return root.resolve("examples");
  }

  private GenerateMojo mojo() {
    return mojo("default");
  }

  private GenerateMojo mojo(String execution) {
    GenerateMojo mojo = new GenerateMojo(new SelectedToolchain());
    mojo.sourceDirectory = objects.toFile();
    mojo.includes = List.of("*.bpf.o");
    mojo.packageName = "org.example";
    mojo.outputDirectory = temp.resolve("target/generated-sources/skep").toFile();
    mojo.workDirectory = temp.resolve("target/skep").toFile();
    mojo.execution = new MojoExecution(new Plugin(), "generate", execution);
    mojo.jdk = new File(System.getProperty("java.home"));
    mojo.project = project;
    mojo.classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .toList();
    mojo.setLog(
        new SystemStreamLog() {
          @Override
          public void info(CharSequence message) {
            said.add(message.toString());
          }
        });
    return mojo;
  }

  /** The toolchain that the build selected, if any. */
  private final class SelectedToolchain implements ToolchainManager {
    @Override
    public @Nullable Toolchain getToolchainFromBuildContext(String type, MavenSession session) {
      return selected;
    }

    @Override
    public List<Toolchain> getToolchains(
        MavenSession session, String type, Map<String, String> requirements) {
      throw new AssertionError("asked for all toolchains");
    }
  }

  private static Toolchain toolchain(Path home) {
    return new Toolchain() {
      @Override
      public String getType() {
        return "jdk";
      }

      @Override
      public String findTool(String name) {
        return home.resolve("bin").resolve(name).toString();
      }
    };
  }

  private List<String> written() throws IOException {
    try (Stream<Path> files = Files.list(classes)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private String lastSaid() {
    return said.get(said.size() - 1);
  }

  @Test
  void everyObjectGetsAClassOnce() throws Exception {
    mojo().execute();
    assertThat(written()).containsExactly("Dispatch.java", "Events.java");
    assertThat(project.getCompileSourceRoots())
        .containsExactly(temp.resolve("target/generated-sources/skep").toString());
    assertThat(lastSaid()).startsWith("2 of 2 classes written to ");

    GenerateMojo again = mojo();
    again.jdk = temp.toFile(); // nothing is started, so nobody sees that this is no JDK
    again.execute();
    assertThat(lastSaid()).isEqualTo("2 of 2 classes are up to date");
  }

  @Test
  void onlyWhatChangedIsWritten() throws Exception {
    mojo().execute();
    FileTime before = Files.getLastModifiedTime(classes.resolve("Dispatch.java"));
    Path object = objects.resolve("events.bpf.o");
    Files.setLastModifiedTime(object, FileTime.fromMillis(0));
    mojo().execute();
    assertThat(lastSaid()).startsWith("0 of 2 classes written to ");
    mojo().execute();
    assertThat(lastSaid()).isEqualTo("2 of 2 classes are up to date");

    Files.delete(classes.resolve("Events.java"));
    mojo().execute();
    assertThat(lastSaid()).startsWith("1 of 2 classes written to ");
    assertThat(Files.getLastModifiedTime(classes.resolve("Dispatch.java"))).isEqualTo(before);
  }

  @Test
  void classesOfObjectsThatAreGoneGoToo() throws Exception {
    mojo().execute();
    Path own = Files.writeString(classes.resolve("Own.java"), "class Own {}");
    Files.delete(objects.resolve("events.bpf.o"));
    mojo().execute();
    assertThat(written()).containsExactly("Dispatch.java", "Own.java");

    GenerateMojo renamed = mojo();
    renamed.names = Map.of("dispatch.bpf.o", "packet_counters");
    renamed.execute();
    assertThat(written()).containsExactly("Own.java", "PacketCounters.java");

    Files.delete(objects.resolve("dispatch.bpf.o"));
    mojo().execute();
    assertThat(written()).containsExactly("Own.java");
    assertThat(own).hasContent("class Own {}");
  }

  @Test
  void executionsLeaveEachOthersClassesAlone() throws Exception {
    GenerateMojo first = mojo("first");
    first.includes = List.of("dispatch.*");
    first.execute();
    GenerateMojo second = mojo("second");
    second.includes = List.of("events.*");
    second.execute();
    assertThat(written()).containsExactly("Dispatch.java", "Events.java");
  }

  @Test
  void wrongObjectsFailTheBuildByTheirPaths() throws Exception {
    Path broken = Files.writeString(objects.resolve("broken.bpf.o"), "no object");
    assertThatThrownBy(() -> mojo().execute())
        .isInstanceOf(MojoFailureException.class)
        .hasMessageStartingWith(broken + ": ")
        .hasMessageNotContaining("\n");
    assertThat(classes).doesNotExist();

    GenerateMojo mojo = mojo();
    Path missing = objects.resolve("missing.bpf.o");
    mojo.objects = List.of(missing.toFile());
    assertThatThrownBy(mojo::execute).hasMessage(missing + ": no such file");
  }

  @Test
  void generatorsThatDoNotStartSayWhy() throws Exception {
    GenerateMojo mojo = mojo();
    mojo.classPath = List.of(temp);
    assertThatThrownBy(mojo::execute)
        .isInstanceOf(MojoExecutionException.class)
        .hasMessageContaining("ended with 1: ")
        .hasMessageContaining("dev.skep.skeleton.SkeletonBatch");

    GenerateMojo old = mojo();
    old.jdk = temp.toFile();
    assertThatThrownBy(old::execute)
        .hasMessage(
            temp + " is no JDK, as the parameter jdk says; the generator needs 25 or newer");
  }

  @Test
  void theSelectedToolchainIsTaken() throws Exception {
    GenerateMojo mojo = mojo();
    mojo.jdk = null;
    selected = toolchain(Path.of(System.getProperty("java.home")));
    mojo.execute();
    assertThat(written()).hasSize(2);

    mojo.packageName = "org.other";
    selected = toolchain(temp);
    assertThatThrownBy(mojo::execute).hasMessageStartingWith(temp + " is no JDK, as the toolchain");
  }

  @Test
  void skippingAndHavingNoObjectsAreNoErrors() throws Exception {
    GenerateMojo skipped = mojo();
    skipped.skip = true;
    skipped.execute();
    assertThat(project.getCompileSourceRoots()).isEmpty();

    GenerateMojo none = mojo();
    none.sourceDirectory = temp.resolve("missing").toFile();
    none.execute();
    assertThat(classes).doesNotExist();
  }
}

package dev.skep.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A project that is no part of this build uses the Maven plugin: copied to a folder of its own,
 * built and run by Maven as its users do. Its repository is made of the jars that this build has
 * just packed; third-party jars are read from the user's repository, in which nothing changes.
 */
final class MavenPluginTest {
  private static final List<String> MODULES =
      List.of("core", "native", "vm", "tools/skeleton", "tools/maven-plugin");

  @TempDir private Path temp;

  private static Path root() {
    Path here = Path.of("").toAbsolutePath();
    return Files.isDirectory(here.resolve("examples")) ? here : here.getParent();
  }

  private static Optional<Path> maven() {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .map(folder -> Path.of(folder, "mvn"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** The jar of a module, if the class path has it: only builds that pack run these tests. */
  private static Optional<Path> jar(String module) {
    Path target = root().resolve(module).resolve("target");
    return Arrays.stream(DocumentedExamplesTest.classPath().split(File.pathSeparator))
        .map(Path::of)
        .filter(entry -> target.equals(entry.getParent()) && entry.toString().endsWith("T.jar"))
        .findFirst();
  }

  private void makeRepository() throws IOException {
    install(root().resolve("pom.xml"), "skep-parent-0.1.0-SNAPSHOT.pom");
    for (String module : MODULES) {
      Path jar = jar(module).orElseThrow();
      String name = jar.getFileName().toString();
      install(jar, name);
      install(root().resolve(module).resolve("pom.xml"), name.replaceAll("jar$", "pom"));
    }
    String theirs =
        System.getProperty("localRepository", System.getProperty("user.home") + "/.m2/repository");
    String central =
        """
        <id>central</id><url>%s</url><releases><checksumPolicy>ignore</checksumPolicy></releases>
        """
            .formatted(Path.of(theirs).toUri());
    Files.writeString(
        temp.resolve("settings.xml"),
        """
        <settings>
          <profiles><profile>
            <id>files</id>
            <repositories><repository>%1$s</repository></repositories>
            <pluginRepositories><pluginRepository>%1$s</pluginRepository></pluginRepositories>
          </profile></profiles>
          <activeProfiles><activeProfile>files</activeProfile></activeProfiles>
        </settings>
        """
            .formatted(central));
  }

  private void install(Path file, String name) throws IOException {
    int version = name.indexOf("-0.");
    Path folder =
        temp.resolve("repository/dev/skep")
            .resolve(name.substring(0, version))
            .resolve(name.substring(version + 1, name.lastIndexOf('.')));
    Files.createDirectories(folder);
    Files.copy(file, folder.resolve(name));
  }

  private void copyProject() throws IOException {
    Path examples = root().resolve("examples");
    for (String file :
        List.of(
            "dispatch.bpf.o",
            "traffic.pcap",
            "maven-skeleton/pom.xml",
            "maven-skeleton/src/main/java/org/example/PacketCounters.java")) {
      Path copy = temp.resolve("work").resolve(file);
      Files.createDirectories(copy.getParent());
      Files.copy(examples.resolve(file), copy);
    }
  }

  private record Outcome(int status, String text) {}

  private Outcome mvn(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(maven().orElseThrow().toString());
    command.addAll(List.of("-B", "-o", "-ntp", "-Daether.offline.protocols=file"));
    command.addAll(List.of("-s", temp.resolve("settings.xml").toString()));
    command.addAll(List.of("-gs", temp.resolve("settings.xml").toString()));
    command.add("-Dmaven.repo.local=" + temp.resolve("repository"));
    command.addAll(List.of(words));
    Path output = temp.resolve("mvn.log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(temp.resolve("work/maven-skeleton").toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("MAVEN_"));
    Process process = builder.start();
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.descendants().forEach(ProcessHandle::destroy);
      process.destroyForcibly();
      throw new AssertionError("mvn did not end: " + Files.readString(output));
    }
    return new Outcome(process.exitValue(), Files.readString(output));
  }

  @Test
  void aProjectOfItsOwnIsBuiltAndRun() throws Exception {
    assumeTrue(
        FileSystems.getDefault().supportedFileAttributeViews().contains("posix"), "no posix");
    assumeTrue(maven().isPresent(), "mvn is not on the PATH");
    for (String module : MODULES) {
      assumeTrue(jar(module).isPresent(), "the jar of " + module + " is not packed: mvn verify");
    }
    makeRepository();
    copyProject();

    Outcome built = mvn("compile", "exec:exec");
    assertThat(built.status()).as(built.text()).isZero();
    assertThat(built.text()).contains("1 of 1 classes written to ");
    var counts = DispatchExampleTest.independentCount();
    for (String protocol : List.of("tcp", "udp", "other")) {
      assertThat(built.text()).contains(protocol + ": " + counts.get(protocol)[0] + "\n");
    }

    Path project = temp.resolve("work/maven-skeleton");
    Path skeleton = project.resolve("target/generated-sources/skep/org/example/bpf/Dispatch.java");
    FileTime before = Files.getLastModifiedTime(skeleton);
    Outcome again = mvn("generate-sources");
    assertThat(again.status()).as(again.text()).isZero();
    assertThat(again.text()).contains("1 of 1 classes are up to date");
    assertThat(Files.getLastModifiedTime(skeleton)).isEqualTo(before);

    Path object = temp.resolve("work/dispatch.bpf.o");
    Files.writeString(object, "no object");
    Outcome broken = mvn("generate-sources");
    assertThat(broken.status()).isNotZero();
    assertThat(broken.text()).contains(object + ": ").contains("BUILD FAILURE");
    assertThat(skeleton).exists();
  }
}

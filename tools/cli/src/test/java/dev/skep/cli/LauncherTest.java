package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script {@code skep}, with a JDK that prints its arguments and a Maven that counts. */
class LauncherTest {
  private static final Path BASH = Path.of("/bin/bash");

  @TempDir Path root;

  @BeforeEach
  void install() throws IOException {
    Assumptions.assumeTrue(Files.isExecutable(BASH), "no " + BASH);
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve("skep"))) {
      at = Objects.requireNonNull(at.getParent());
    }
    script(root.resolve("skep"), Files.readString(at.resolve("skep")));
    jdk("jdk", "25.0.1");
    script(
        root.resolve("bin/mvn"),
        """
        #!/bin/bash
        echo built >> "$PWD/builds"
        sleep 0.3
        mkdir -p tools/cli/target/dist
        echo -n /modules > tools/cli/target/dist/module-path
        """);
  }

  private static void script(Path file, String text) throws IOException {
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Files.writeString(file, text);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = root.resolve(name);
    script(home.resolve("bin/java"), "#!/bin/bash\necho " + name + " \"$@\"\n");
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    return home;
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(root.resolve("skep").toString()));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("PATH", root.resolve("bin") + ":/usr/bin:/bin");
    builder.environment().put("SKEP_JAVA_HOME", root.resolve("jdk").toString());
    builder.environment().remove("SKEP_JAVA_OPTIONS");
    return builder.start();
  }

  private static String output(Process process) throws IOException, InterruptedException {
    String text =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).isZero();
    return text;
  }

  private void installBuilt() throws IOException {
    Path dist = Files.createDirectories(root.resolve("tools/cli/target/dist"));
    Files.writeString(dist.resolve("module-path"), "/modules");
  }

  @Test
  void firstUsesAtOnceBuildOnce() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/flock")), "no flock");
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      processes.add(start("doctor"));
    }
    for (Process process : processes) {
      assertThat(output(process)).endsWith("--module=dev.skep.cli/dev.skep.cli.Main doctor");
    }
    assertThat(Files.readAllLines(root.resolve("builds"))).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "doctor, true",
    "verify a.o, true",
    "verify -o json a.o b.o, true",
    "verify --bench 3 a.o, false",
    "verify a.o --against-linux, false",
    "verify @list, false",
    "verify a.o a.o a.o a.o a.o a.o a.o a.o, true",
    "verify big.o big.o a.o a.o a.o a.o a.o a.o, false",
    "run a.o --pcap b, false",
    "fuzz, false",
  })
  void onlyShortJobsGoWithoutTheOptimisingCompiler(String arguments, boolean quick)
      throws Exception {
    installBuilt();
    Files.writeString(root.resolve("a.o"), "object");
    try (var big = new java.io.RandomAccessFile(root.resolve("big.o").toFile(), "rw")) {
      big.setLength(9 << 20);
    }
    List<String> words = new ArrayList<>();
    for (String word : arguments.split(" ", -1)) {
      words.add(word.endsWith(".o") ? root.resolve(word).toString() : word);
    }
    String started = output(start(words.toArray(String[]::new)));
    assertThat(started.contains("-XX:TieredStopAtLevel=1")).as(started).isEqualTo(quick);
    assertThat(started).endsWith("Main " + String.join(" ", words));
  }

  @Test
  void theCacheIsUsedWhereItIs() throws Exception {
    installBuilt();
    assertThat(output(start("doctor"))).doesNotContain("AOTCache");
    Path cache = root.resolve("tools/cli/target/dist/skep.aot");
    Files.writeString(cache, "cache");
    assertThat(output(start("doctor"))).contains("-XX:AOTCache=" + cache.toRealPath());
  }

  @Test
  void theJdkOfTheCacheComesFirstUnlessAnotherIsAskedFor() throws Exception {
    installBuilt();
    Path dist = root.resolve("tools/cli/target/dist");
    Files.writeString(dist.resolve("jdk"), jdk("other", "25").toString());
    assertThat(output(start("doctor"))).startsWith("jdk ");
    assertThat(output(withoutAsking("doctor"))).startsWith("other ");
    Files.writeString(root.resolve("other/release"), "JAVA_VERSION=\"250\"\n");
    assertThat(output(withoutAsking("doctor"))).doesNotStartWith("other ");
  }

  private Process withoutAsking(String argument) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(root.resolve("skep").toString(), argument);
    builder.environment().remove("SKEP_JAVA_HOME");
    builder.environment().put("JAVA_HOME", root.resolve("jdk").toString());
    return builder.start();
  }
}

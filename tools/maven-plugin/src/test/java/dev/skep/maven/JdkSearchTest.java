package dev.skep.maven;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JdkSearchTest {
  @TempDir private Path temp;
  private Path maven;

  @BeforeEach
  void mavenRunsOnJava17() throws IOException {
    maven = jdk("jvm/maven", "17.0.15");
  }

  private Path jdk(String folder, String version) throws IOException {
    Path home = temp.resolve(folder);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(
        home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    assertThat(Files.createFile(home.resolve("bin/java")).toFile().setExecutable(true)).isTrue();
    return home;
  }

  private JdkSearch search(Map<String, String> environment) {
    return new JdkSearch(environment, maven, temp.resolve("home"));
  }

  @Test
  void versionsAreReadWithoutStartingAnything() throws IOException {
    assertThat(JdkSearch.version(jdk("a", "25"))).isEqualTo(25);
    assertThat(JdkSearch.version(jdk("b", "26.0.1"))).isEqualTo(26);
    assertThat(JdkSearch.version(jdk("c", "1.8.0_402"))).isEqualTo(8);
    assertThat(JdkSearch.version(jdk("d", "26-ea"))).isEqualTo(26);
    assertThat(JdkSearch.version(temp)).isZero();
    Files.delete(temp.resolve("a/bin/java"));
    assertThat(JdkSearch.version(temp.resolve("a"))).isZero();
  }

  @Test
  void theEnvironmentComesFirstIfItsJavaIsNewEnough() throws IOException {
    Path beside = jdk("jvm/other", "27");
    Path skep = jdk("skep", "25.0.1");
    Path java = jdk("java", "26");
    Map<String, String> both =
        Map.of("SKEP_JAVA_HOME", skep.toString(), "JAVA_HOME", java.toString());
    assertThat(search(both).find()).isEqualTo(skep);
    assertThat(search(Map.of("JAVA_HOME", java.toString())).find()).isEqualTo(java);
    assertThat(search(Map.of("JAVA_HOME", maven.toString())).find()).isEqualTo(beside);
  }

  @Test
  void mavensOwnJavaIsTakenIfItIsNewEnough() throws IOException {
    maven = jdk("jvm/new", "25");
    jdk("jvm/newer", "26");
    assertThat(search(Map.of("SKEP_JAVA_HOME", "")).find()).isEqualTo(maven);
  }

  @Test
  void theNewestBesideItIsTakenElse() throws IOException {
    jdk("jvm/a", "25");
    Path newest = jdk("jvm/b/Contents/Home", "26");
    jdk("jvm/c", "25.0.2");
    jdk("home/.jdks/d", "99");
    assertThat(search(Map.of()).find()).isEqualTo(newest);
  }
}

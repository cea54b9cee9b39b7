package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the engine says to a process that may not use bpf(2): a child without capabilities. */
class UnprivilegedTest {
  private static final String SETPRIV = "/usr/bin/setpriv";

  /** The child: prints what {@link KernelEngine#available} says. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      System.out.println("answer: " + KernelEngine.available());
    }
  }

  @BeforeEach
  void needsRightsToDrop() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
  }

  private static String child(String... prefix) throws IOException, InterruptedException {
    Assumptions.assumeTrue(Files.isExecutable(Path.of(prefix[0])), "needs " + prefix[0]);
    List<String> command = new ArrayList<>(List.of(prefix));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-cp");
    command.add(
        System.getProperty("java.class.path")
            + java.io.File.pathSeparator
            + System.getProperty("jdk.module.path", "")
            + java.io.File.pathSeparator
            + Path.of("target/classes").toAbsolutePath()
            + java.io.File.pathSeparator
            + Path.of("target/test-classes").toAbsolutePath());
    command.add(Child.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    Assumptions.assumeTrue(output.contains("answer: "), "the child did not start: " + output);
    return output;
  }

  @Test
  void withoutCapabilities() throws IOException, InterruptedException {
    String output = child(SETPRIV, "--bounding-set=-all", "--inh-caps=-all");
    assertThat(output)
        .contains("available=false")
        .contains("bpf(2) is not allowed here: EPERM: needs CAP_BPF and CAP_NET_ADMIN");
  }

  @Test
  void withoutTheOneForTheType() throws IOException, InterruptedException {
    String output =
        child(SETPRIV, "--bounding-set=-net_admin,-sys_admin", "--inh-caps=-net_admin,-sys_admin");
    assertThat(output).contains("EPERM: programs of this type need CAP_NET_ADMIN besides CAP_BPF");
  }

  @Test
  void inAUserNamespace() throws IOException, InterruptedException {
    String output = child("/usr/bin/unshare", "--user", "--map-root-user");
    assertThat(output).contains("capabilities of a user namespace do not count");
  }
}

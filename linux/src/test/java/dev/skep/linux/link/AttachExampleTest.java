package dev.skep.linux.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.linux.net.OwnNamespace;
import dev.skep.linux.net.PacketSocket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/attach.md, compiled and run as it stands there. */
class AttachExampleTest {
  @TempDir private Path directory;

  private static String example() throws Exception {
    Path here = Path.of("").toAbsolutePath();
    Path docs = Files.isDirectory(here.resolve("docs")) ? here : here.resolveSibling(".");
    String text = Files.readString(docs.resolve("docs/attach.md").normalize());
    int start = text.indexOf("```java\n") + "```java\n".length();
    return text.substring(start, text.indexOf("```", start));
  }

  private Class<?> compiled(URLClassLoader loader) throws Exception {
    Path source = directory.resolve("Ports.java");
    Files.writeString(source, example());
    var compiler = ToolProvider.getSystemJavaCompiler();
    Assumptions.assumeTrue(compiler != null, "no java compiler in this runtime");
    int status =
        compiler.run(
            null,
            null,
            null,
            "-proc:none",
            "-d",
            directory.toString(),
            "-cp",
            System.getProperty("java.class.path"),
            source.toString());
    assertThat(status).isZero();
    return loader.loadClass("Ports");
  }

  @Test
  void compilesAndCountsPackets() throws Throwable {
    Path object = directory.resolve("net.bpf.o");
    try (var in = AttachExampleTest.class.getResourceAsStream("/link/net.bpf.o")) {
      assertThat(in).isNotNull();
      Files.write(object, in.readAllBytes());
    }
    try (URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
      var next = compiled(loader).getMethod("next", Path.class, String.class, int.class);
      OwnNamespace.run(namespace -> {
        AtomicBoolean done = new AtomicBoolean();
        try (PacketSocket socket = new PacketSocket(namespace.far().index())) {
          Thread sender = Thread.ofPlatform().start(() -> sendUntil(done, socket));
          try {
            assertThat(next.invoke(null, object, "sk0", 2)).isEqualTo(List.of(53, 53));
          } finally {
            done.set(true);
            sender.join();
          }
        }
      });
    }
  }

  private static void sendUntil(AtomicBoolean done, PacketSocket socket) {
    while (!done.get()) {
      socket.send(PacketSocket.udp(53));
      try {
        Thread.sleep(20);
      } catch (InterruptedException stop) {
        return;
      }
    }
  }
}

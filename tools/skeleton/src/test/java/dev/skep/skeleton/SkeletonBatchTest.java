package dev.skep.skeleton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SkeletonBatchTest {
  @TempDir private Path temp;
  private Path out;
  private Path first;
  private Path second;

  @BeforeEach
  void copies() throws IOException {
    Path here = Path.of("").toAbsolutePath();
    Path root = Files.isDirectory(here.resolve("examples")) ? here : here.resolve("../..");
    out = temp.resolve("sources");
    first = Files.copy(root.resolve("examples/dispatch.bpf.o"), temp.resolve("dispatch.bpf.o"));
    second = Files.copy(root.resolve("examples/events.bpf.o"), temp.resolve("events.bpf.o"));
  }

  private List<String> run(boolean expected, String packageName, String... objects)
      throws IOException {
    String request = out + "\n" + packageName + "\n" + String.join("\n", objects) + "\n";
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    boolean done =
        SkeletonBatch.run(
            new BufferedReader(new StringReader(request)),
            new PrintStream(answer, true, StandardCharsets.UTF_8));
    assertThat(done).isEqualTo(expected);
    return answer.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void classesAreWrittenOnceAndFoundTheSameAfterwards() throws IOException {
    Path dispatch = out.resolve("org/example/Dispatch.java");
    Path seen = out.resolve("org/example/Seen.java");
    String[] objects = {first + "\t", second + "\tseen"};
    assertThat(run(true, "org.example", objects)).containsExactly("+ " + dispatch, "+ " + seen);
    assertThat(run(true, "org.example", objects)).containsExactly("= " + dispatch, "= " + seen);
    assertThat(Files.readString(dispatch))
        .isEqualTo(
            Skeleton.of("dispatch.bpf.o", Files.readAllBytes(first), null, "org.example").source());
  }

  @Test
  void everyWrongObjectIsNamedAndNothingIsWritten() throws IOException {
    Path broken = Files.writeString(temp.resolve("broken.bpf.o"), "no object");
    Path missing = temp.resolve("missing.bpf.o");
    List<String> answer =
        run(false, "", first + "\t", broken + "\t", missing + "\t", second + "\tdispatch");
    assertThat(answer).hasSize(3);
    assertThat(answer.get(0)).startsWith("! " + broken + ": ");
    assertThat(answer.get(1)).isEqualTo("! " + missing + ": no such file");
    assertThat(answer.get(2))
        .isEqualTo("! " + second + ": its class Dispatch is that of " + first + ", too");
    assertThat(out).doesNotExist();
  }

  @Test
  void aPackageThatJavaCannotHaveIsAnError() throws IOException {
    assertThat(run(false, "org.my-example", first + "\t"))
        .containsExactly("! " + first + ": package name \"org.my-example\"");
  }

  @Test
  void requestsOfTheWrongShapeAreRefused() {
    assertThatThrownBy(() -> run(true, "", "no tab")).isInstanceOf(MalformedException.class);
  }
}

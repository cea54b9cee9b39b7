package dev.skep.maven;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BpfFileTest {
  @TempDir private Path temp;

  private Path file(String name) throws IOException {
    Path file = temp.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.createFile(file);
  }

  @Test
  void globsAreOfPathsInTheFolder() throws IOException {
    Path b = file("b.bpf.o");
    Path a = file("a.bpf.o");
    Path deep = file("x86/c.bpf.o");
    file("a.bpf.c");
    assertThat(BpfFile.find(temp, List.of("*.bpf.o"))).containsExactly(a, b);
    assertThat(BpfFile.find(temp, List.of("a.*.o", "x86/*.o"))).containsExactly(a, deep);
    assertThat(BpfFile.find(temp, List.of("**.bpf.o"))).containsExactly(a, b, deep);
    assertThat(BpfFile.find(temp.resolve("missing"), List.of("*"))).isEmpty();
  }

  @Test
  void namesAreGivenByFileName() throws IOException {
    Path a = temp.resolve("a.bpf.o");
    Path b = temp.resolve("b.bpf.o");
    assertThat(BpfFile.of(List.of(a, b), Map.of("b.bpf.o", " firewall\n")))
        .containsExactly(new BpfFile(a, ""), new BpfFile(b, "firewall"));
    assertThat(new BpfFile(b, "firewall").request()).isEqualTo(b + "\tfirewall");
    assertThatThrownBy(() -> BpfFile.of(List.of(a), Map.of("c.bpf.o", "c")))
        .hasMessage("names: no object is called c.bpf.o");
  }
}

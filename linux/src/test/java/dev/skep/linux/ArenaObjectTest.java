package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.TestRun;
import dev.skep.object.BpfObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An object with variables in an arena, and a program that throws, on the running kernel. */
class ArenaObjectTest {
  @BeforeEach
  void needsBpf() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
  }

  private static BpfObject object() throws IOException {
    try (var in =
        Objects.requireNonNull(ArenaObjectTest.class.getResourceAsStream("/arena/arena.bpf.o"))) {
      return BpfObject.open("arena", in.readAllBytes());
    }
  }

  private static int result(LoadedProgram program) {
    return program.testRun(TestRun.of(new byte[64])).retval();
  }

  @Test
  void variablesHaveTheirValuesAndAreShared() throws IOException {
    try (KernelEngine engine = Linux.kernel();
        LoadedObject loaded = engine.load(object())) {
      LoadedProgram count = loaded.program("count");
      assertThat(result(count)).isEqualTo(42);
      assertThat(result(count)).isEqualTo(44);
      try (var pages = loaded.map("arena").mmap(true)) {
        ByteBuffer bytes = pages.bytes();
        assertThat(bytes.capacity()).isEqualTo(2 * 4096);
        assertThat(bytes.getInt(0)).isEqualTo(44);
        bytes.putInt(0, 0);
      }
      assertThat(result(count)).isEqualTo(2);
    }
  }

  @Test
  void whatIsThrownIsCaught() throws IOException {
    try (KernelEngine engine = Linux.kernel();
        LoadedObject loaded = engine.load(object())) {
      assertThat(result(loaded.program("throwing"))).isEqualTo(7);
    }
  }
}

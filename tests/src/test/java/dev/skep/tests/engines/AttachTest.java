package dev.skep.tests.engines;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.linux.link.RawTracepoint;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** All but extensions are attached in the kernel only, and elsewhere the error says so. */
final class AttachTest {
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void theVmAttachesNothing(String name) {
    long[] insns = {InsnWord.of(0xb7, 0, 0, 0, 0), InsnWord.of(0x95, 0, 0, 0, 0)};
    Program source = Program.of("p", ProgramType.RAW_TRACEPOINT, "GPL", insns, List.of());
    try (Engine engine = Engines.open(name);
        LoadedProgram program = engine.load(source, List.of())) {
      assertThatThrownBy(program::attach)
          .isInstanceOf(UnsupportedException.class)
          .hasMessage("attach of program \"p\": only the engine linux attaches programs");
      assertThatThrownBy(() -> program.attach(RawTracepoint.of("sys_enter")))
          .isInstanceOf(UnsupportedException.class)
          .hasMessage(
              "attach of program \"p\" to raw tracepoint sys_enter: the JVM's engines attach"
                  + " extensions only, to functions of their programs");
    }
  }
}

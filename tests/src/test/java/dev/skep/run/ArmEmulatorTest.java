package dev.skep.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.natives.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What tests of arm64 code trust: the emulator notices wrong branches and bad addresses. */
@NullMarked
class ArmEmulatorTest {
  private static final int BTI_JC = 0xd50324df;
  private static final int MOVE_7 = 0xd28000e0;
  private static final int LOAD = 0xf9400000;
  private static final int RET = 0xd65f03c0;
  private static final int STACK_BYTES = 1 << 14;

  private final Machine machine = Machine.ofMask(new int[] {0});
  private final long stack = Memory.allocate(STACK_BYTES, 4096);

  @BeforeEach
  void needsEmulator() {
    Assumptions.assumeTrue(ArmEmulator.missing().isEmpty(), ArmEmulator.missing());
  }

  @AfterEach
  void close() {
    Memory.free(stack);
    machine.close();
  }

  private long run(ArmEmulator emulator, long argument, int... words) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(words);
    emulator.code(ArmEmulator.CODE_AREA, bytes.array());
    Cpu cpu = machine.cpus().at(0);
    return emulator.run(cpu, ArmEmulator.CODE_AREA, stack + STACK_BYTES, argument);
  }

  @Test
  void guardedBranchesLandOnBti() {
    try (ArmEmulator emulator = new ArmEmulator("-cpu", "max")) {
      assertThat(run(emulator, 0, MOVE_7, RET)).isEqualTo(7);
      emulator.guard();
      assertThat(run(emulator, 0, BTI_JC, MOVE_7, RET)).isEqualTo(7);
      assertThatThrownBy(() -> run(emulator, 0, MOVE_7, RET))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("signal 4");
    }
  }

  @Test
  void exceptionTableSkipsAndClears() {
    try (ArmEmulator emulator = new ArmEmulator()) {
      long value = stack + 8;
      Memory.putLong(value, 42);
      assertThat(run(emulator, value, LOAD, RET)).isEqualTo(42);
      assertThatThrownBy(() -> run(emulator, 16, LOAD, RET))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("signal 11");
    }
    try (ArmEmulator emulator = new ArmEmulator()) {
      long value = stack + 8;
      emulator.fix(ArmEmulator.CODE_AREA, 0);
      assertThat(run(emulator, 16, LOAD, RET)).isZero();
      assertThat(run(emulator, value, LOAD, RET)).isEqualTo(42);
    }
  }
}

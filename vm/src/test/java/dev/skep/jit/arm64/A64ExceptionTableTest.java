package dev.skep.jit.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.jit.MachineCode;
import dev.skep.jit.MachineCode.FaultSite;
import dev.skep.jit.arm64.A64Layout.Dialect;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class A64ExceptionTableTest {
  private static final int PROBE_LOAD = Opcodes.LDX | Opcodes.DW | Opcodes.PROBE_MEM;
  private static final int ARENA_STORE = Opcodes.STX | Opcodes.W | Opcodes.PROBE_MEM32;

  /** r2 = *(u64 *)(r1 + 8), then *(u32 *)(r3 + 16) = r2 in the arena. */
  private static MachineCode code(A64Layout layout) {
    long[] insns = {
      InsnWord.of(PROBE_LOAD, 2, 1, 8, 0),
      InsnWord.of(ARENA_STORE, 3, 2, 16, 0),
      InsnWord.of(Opcodes.EXIT_CODE, 0, 0, 0, 0),
    };
    RunnableProgram.Function main =
        new RunnableProgram.Function(0, 3, 0, false, false, false, false);
    A64Input input =
        new A64Input(
            insns, List.of(main), List.of(), TailCallDialect.SEED, true, 0x1000_0000L, 0, 0);
    return new A64Emitter(input, layout, new Nowhere()).emit();
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void entriesPointToTheirInstructions(Dialect dialect) {
    A64Layout layout = A64Layout.linux(dialect);
    MachineCode code = code(layout);
    int at = A64ExceptionTable.offset(code, 0, layout);
    ByteBuffer table =
        ByteBuffer.wrap(A64ExceptionTable.of(code, 0, layout)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(table.capacity()).isEqualTo(2 * A64ExceptionTable.ENTRY_BYTES);
    ByteBuffer words = ByteBuffer.wrap(code.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    // ldr x1, [x0, #8] and str w1, [x11, #16]
    assertThat(words.getInt(at + table.getInt(0))).isEqualTo(0xf9400401);
    assertThat(words.getInt(at + 12 + table.getInt(12))).isEqualTo(0xb9001161);
    assertThat(table.getShort(8)).isEqualTo((short) 1);
    assertThat(table.getShort(22)).isZero();
    int load = table.getInt(4);
    int store = table.getInt(16);
    assertThat(load >>> 27).isEqualTo(1);
    assertThat(store >>> 27).isEqualTo(5);
    if (dialect == Dialect.LINUX_6_12) {
      assertThat(at + 4 - (load & 0x7ffffff)).isEqualTo(code.faults().getFirst().offset() + 4);
      assertThat(at + 16 - (store & 0x7ffffff)).isEqualTo(code.faults().getLast().offset() + 4);
    } else {
      assertThat(load & 0x7ffffff).isZero();
      // The arena's address is what x2 (r3) is 16 short of.
      assertThat(store & 0x7ffffff).isEqualTo(1 << 21 | 2 << 16 | 16);
    }
  }

  @Test
  void sitesNameTheirRegisters() {
    List<FaultSite> faults = code(A64Layout.linux(Dialect.LINUX_6_18)).faults();
    assertThat(faults.getFirst().cleared()).isEqualTo(1);
    assertThat(faults.getFirst().arenaBase()).isEqualTo(-1);
    assertThat(faults.getLast().cleared()).isEqualTo(-1);
    assertThat(faults.getLast().displacement()).isEqualTo(16);
  }

  @Test
  void dumpsEndBeforeTheStubsTarget() {
    A64Layout layout = A64Layout.linux(Dialect.LINUX_6_18);
    MachineCode code = code(layout);
    byte[] dumped = code.dumped();
    assertThat(dumped).hasSize(code.functionLength(0));
    assertThat(code.length() - dumped.length).isGreaterThanOrEqualTo(8);
    // br x10
    assertThat(ByteBuffer.wrap(dumped).order(ByteOrder.LITTLE_ENDIAN).getInt(dumped.length - 4))
        .isEqualTo(0xd61f0140);
  }
}

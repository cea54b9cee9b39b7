package dev.skep.interp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.natives.Memory;
import dev.skep.program.layout.BpfArrayLayout;
import dev.skep.rewrite.PokeDescriptor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tail calls as the kernel makes them; the counter is in memory at R1. */
final class TailCallTest {
  private final TestMachine machine = new TestMachine();
  private final long context = machine.block(16);

  @AfterEach
  void close() {
    machine.close();
  }

  private static String jump(int map, int slot) {
    return "r2 = map[%d]\nr3 = %d\ntail_call 0\n".formatted(map, slot);
  }

  private static final String COUNT =
      """
      r0 = *(u64 *)(r1 +0)
      r0 += 1
      *(u64 *)(r1 +0) = r0
      """;

  @Test
  void theTargetReplacesTheProgram() {
    int map = machine.programArray("r0 = 5\nexit", null);
    assertThat(machine.run(jump(map, 0) + "r0 = 1\nexit", context, 0)).isEqualTo(5);
  }

  @Test
  void emptySlotsAndIndexesOutOfRangeFallThrough() {
    int map = machine.programArray("r0 = 5\nexit", null);
    assertThat(machine.run(jump(map, 1) + "r0 = 1\nexit", context, 0)).isEqualTo(1);
    assertThat(machine.run(jump(map, 2) + "r0 = 1\nexit", context, 0)).isEqualTo(1);
    assertThat(machine.run(jump(map, -1) + "r0 = 1\nexit", context, 0)).isEqualTo(1);
    String upperHalf = "r2 = map[0]\nr3 = 0x100000000 ll\ntail_call 0\nr0 = 1\nexit";
    assertThat(machine.run(upperHalf, context, 0)).isEqualTo(5);
  }

  @Test
  void aProgramThatCallsItselfRuns34Times() {
    machine.programArray(COUNT + jump(0, 0) + "exit");
    assertThat(machine.run(jump(0, 0) + "r0 = -1\nexit", context, 0)).isEqualTo(33);
    assertThat(Memory.getLong(context)).isEqualTo(33);
    assertThat(machine.run(COUNT + jump(0, 0) + "exit", context, 0)).isEqualTo(33 + 34);
  }

  @Test
  void failedAttemptsDoNotCount() {
    machine.programArray(COUNT + jump(0, 1) + jump(0, 2) + jump(0, 0) + "exit", null);
    assertThat(machine.run(jump(0, 0) + "exit", context, 0)).isEqualTo(33);
  }

  @Test
  void fromASubprogramTheTargetReturnsToItsCaller() {
    machine.programArray("r6 = 9\nr0 = 5\nexit");
    String text =
        """
              r6 = 3
              call sub
              r0 += r6
              exit
        sub:  r2 = map[0]
              r3 = 0
              tail_call 0
              r0 = 100
              exit
        """;
    assertThat(machine.run(text, context, 0)).isEqualTo(8);
  }

  /** Each run of the program calls a subprogram that tail-calls: all share one budget of 33. */
  @Test
  void subprogramsShareTheBudget() {
    machine.programArray("call sub\nexit\nsub: " + COUNT + jump(0, 0) + "exit");
    assertThat(machine.run(jump(0, 0) + "exit", context, 0)).isEqualTo(33);
    assertThat(Memory.getLong(context)).isEqualTo(33);
  }

  @Test
  void everyEntryHasItsOwnBudget() {
    machine.programArray(COUNT + jump(0, 0) + "exit");
    UnverifiedProgram program = machine.load(jump(0, 0) + "exit");
    machine.run(program, context, 0);
    machine.run(program, context, 0);
    assertThat(Memory.getLong(context)).isEqualTo(66);
  }

  @Test
  void slotsAreReadAtEachCall() {
    int map = machine.programArray("r0 = 5\nexit", "r0 = 6\nexit");
    UnverifiedProgram program = machine.load(jump(map, 0) + "r0 = 1\nexit");
    assertThat(machine.run(program, context, 0)).isEqualTo(5);
    long slots = machine.maps.get(map) + BpfArrayLayout.PTRS;
    Memory.putLong(slots, Memory.getLong(slots + 8));
    assertThat(machine.run(program, context, 0)).isEqualTo(6);
    Memory.putLong(slots, 0);
    assertThat(machine.run(program, context, 0)).isEqualTo(1);
  }

  /** The direct form knows map and slot; R2 and R3 hold anything. */
  @Test
  void theDirectFormReadsNoRegisters() {
    int map = machine.programArray("r0 = 5\nexit", "r0 = 6\nexit", null);
    PokeDescriptor second = new PokeDescriptor(map, 1, 2);
    PokeDescriptor empty = new PokeDescriptor(map, 2, 3);
    String text = "r2 = 0\nr3 = 77\ntail_call 2\ntail_call 1\nr0 = 1\nexit";
    InterpretedProgram program = machine.loadRewritten("direct", text, second, empty);
    assertThat(machine.run(program, context)).isEqualTo(6);
    Memory.putLong(machine.maps.get(map) + BpfArrayLayout.PTRS + 8, 0);
    assertThat(machine.run(program, context)).isEqualTo(1);
    assertThatThrownBy(() -> machine.loadRewritten("direct", text))
        .hasMessage("program \"direct\", insn 2: no poke descriptor 1");
  }
}

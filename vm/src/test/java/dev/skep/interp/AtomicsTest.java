package dev.skep.interp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AtomicsTest {
  private final TestMachine machine = new TestMachine();

  @AfterEach
  void close() {
    machine.close();
  }

  /** Memory starts as 0xffffffff0000000f, r2 as 0x1_00000031, r0 as the low half; then both. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "lock *(u64 *)(r1 +M) += r2                  ; 0x40         ; 0x100000031",
        "lock *(u32 *)(r1 +M) += r2                  ; 0xffffffff00000040 ; 0x100000031",
        "lock *(u64 *)(r1 +M) |= r2                  ; 0xffffffff0000003f ; 0x100000031",
        "lock *(u32 *)(r1 +M) |= r2                  ; 0xffffffff0000003f ; 0x100000031",
        "lock *(u64 *)(r1 +M) &= r2                  ; 0x100000001 ; 0x100000031",
        "lock *(u32 *)(r1 +M) &= r2                  ; 0xffffffff00000001 ; 0x100000031",
        "lock *(u64 *)(r1 +M) ^= r2                  ; 0xfffffffe0000003e ; 0x100000031",
        "lock *(u32 *)(r1 +M) ^= r2                  ; 0xffffffff0000003e ; 0x100000031",
        "r2 = atomic64_fetch_add((u64 *)(r1 +M), r2) ; 0x40 ; 0xffffffff0000000f",
        "r2 = atomic_fetch_add((u32 *)(r1 +M), r2)   ; 0xffffffff00000040 ; 0xf",
        "r2 = atomic64_fetch_or((u64 *)(r1 +M), r2)  ; 0xffffffff0000003f ; 0xffffffff0000000f",
        "r2 = atomic_fetch_or((u32 *)(r1 +M), r2)    ; 0xffffffff0000003f ; 0xf",
        "r2 = atomic64_fetch_and((u64 *)(r1 +M), r2) ; 0x100000001 ; 0xffffffff0000000f",
        "r2 = atomic_fetch_and((u32 *)(r1 +M), r2)   ; 0xffffffff00000001 ; 0xf",
        "r2 = atomic64_fetch_xor((u64 *)(r1 +M), r2) ; 0xfffffffe0000003e ; 0xffffffff0000000f",
        "r2 = atomic_fetch_xor((u32 *)(r1 +M), r2)   ; 0xffffffff0000003e ; 0xf",
        "r2 = atomic64_xchg((u64 *)(r1 +M), r2)      ; 0x100000031 ; 0xffffffff0000000f",
        "r2 = atomic_xchg((u32 *)(r1 +M), r2)        ; 0xffffffff00000031 ; 0xf",
        "r0 = atomic_cmpxchg((u32 *)(r1 +M), r0, r2) ; 0xffffffff00000031 ; 0x100000031",
        "r0 = atomic64_cmpxchg((u64 *)(r1 +M), r0, r2) ; 0xffffffff0000000f ; 0x100000031",
        "r2 = load_acquire((u64 *)(r1 +M))           ; 0xffffffff0000000f ; 0xffffffff0000000f",
        "r2 = load_acquire((u32 *)(r1 +M))           ; 0xffffffff0000000f ; 0xf",
        "r2 = load_acquire((u16 *)(r1 +M))           ; 0xffffffff0000000f ; 0xf",
        "r2 = load_acquire((u8 *)(r1 +M))            ; 0xffffffff0000000f ; 0xf",
        "store_release((u64 *)(r1 +M), r2)           ; 0x100000031 ; 0x100000031",
        "store_release((u32 *)(r1 +M), r2)           ; 0xffffffff00000031 ; 0x100000031",
        "store_release((u16 *)(r1 +M), r2)           ; 0xffffffff00000031 ; 0x100000031",
        "store_release((u8 *)(r1 +M), r2)            ; 0xffffffff00000031 ; 0x100000031",
      })
  void operations(String insn, String memory, String r2) {
    for (int misaligned : new int[] {0, 1, 3}) {
      long block = machine.block(16);
      Memory.putLong(block + misaligned, 0xffffffff0000000fL);
      String text =
          "r0 = 0x70000000f ll\nr2 = 0x100000031 ll\n"
              + insn.replace("+M", "+" + misaligned)
              + "\nr0 = r2\nexit";
      assertThat("0x" + Long.toHexString(machine.run(text, block, 0))).isEqualTo(r2);
      assertThat("0x" + Long.toHexString(Memory.getLong(block + misaligned))).isEqualTo(memory);
    }
  }

  @Test
  void cmpxchgGivesTheOldValueInR0() {
    long block = machine.block(8);
    Memory.putLong(block, 0x1_0000_0005L);
    String narrow = "r0 = 5\nr2 = 9\nr0 = atomic_cmpxchg((u32 *)(r1 +0), r0, r2)\nexit";
    assertThat(machine.run(narrow, block, 0)).isEqualTo(5);
    assertThat(machine.run(narrow, block, 0)).isEqualTo(9);
    String wide = "r0 = 5\nr2 = 7\nr0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)\nexit";
    assertThat(machine.run(wide, block, 0)).isEqualTo(0x1_0000_0009L);
    assertThat(Memory.getLong(block)).isEqualTo(0x1_0000_0009L);
  }

  /**
   * Found by comparison with Linux 6.18.44, whose JIT leaves the zero extension to the rewrites.
   */
  @Test
  void rewrittenCmpxchgLeavesTheUpperHalfOnSuccess() {
    long block = machine.block(8);
    Memory.putInt(block, 5);
    InterpretedProgram program =
        machine.loadRewritten(
            "t", "r0 = 0x700000005 ll\nr2 = 9\nr0 = atomic_cmpxchg((u32 *)(r1 +0), r0, r2)\nexit");
    Cpu cpu = machine.machine.cpus().enter();
    assertThat(program.run(cpu, block)).isEqualTo(0x7_0000_0005L);
    assertThat(program.run(cpu, block)).isEqualTo(9);
    machine.machine.cpus().leave();
  }

  @Test
  void additionsOfTwoCpusAddUp() throws InterruptedException {
    long block = machine.block(8);
    UnverifiedProgram program =
        machine.load(
            """
            r2 = 1
            r3 = 20000
            lock *(u64 *)(r1 +0) += r2
            r3 += -1
            if r3 != 0 goto -3
            r0 = 0
            exit
            """);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      threads.add(Thread.ofPlatform().start(() -> machine.run(program, block, 0)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(Memory.getLong(block)).isEqualTo(40_000);
  }
}

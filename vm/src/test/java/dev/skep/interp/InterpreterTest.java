package dev.skep.interp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.natives.Memory;
import dev.skep.rewrite.KernelFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InterpreterTest {
  private final TestMachine machine = new TestMachine();

  @AfterEach
  void close() {
    machine.close();
  }

  /** r0 and r1 start with two values, the instruction follows, r0 is the result. */
  @ParameterizedTest
  @CsvSource({
    "r0 += r1,          0xffffffffffffffff, 2,                  0x1",
    "w0 += w1,          0xffffffffffffffff, 2,                  0x1",
    "r0 -= r1,          1,                  2,                  0xffffffffffffffff",
    "w0 -= w1,          1,                  2,                  0xffffffff",
    "r0 *= r1,          0x100000001,        0x100000001,        0x200000001",
    "w0 *= w1,          0xffffffff,         0xffffffff,         0x1",
    "r0 += -1,          5,                  0,                  0x4",
    "r0 &= -8,          0xffffffffffffffff, 0,                  0xfffffffffffffff8",
    "w0 &= -8,          0xffffffffffffffff, 0,                  0xfffffff8",
    "r0 /= r1,          0xffffffffffffffff, 2,                  0x7fffffffffffffff",
    "r0 /= r1,          5,                  0,                  0x0",
    "w0 /= w1,          0x1ffffffff,        0x100000002,        0x7fffffff",
    "w0 /= w1,          5,                  0x100000000,        0x0",
    "r0 /= -2,          0xfffffffffffffffe, 0,                  0x1",
    "r0 s/= r1,         -7,                 2,                  0xfffffffffffffffd",
    "r0 s/= r1,         0x8000000000000000, -1,                 0x8000000000000000",
    "r0 s/= r1,         -7,                 0,                  0x0",
    "w0 s/= w1,         0x80000000,         0xffffffff,         0x80000000",
    "w0 s/= w1,         -7,                 2,                  0xfffffffd",
    "r0 %= r1,          7,                  0,                  0x7",
    "r0 %= r1,          0xffffffffffffffff, 10,                 0x5",
    "w0 %= w1,          0x100000007,        0,                  0x7",
    "w0 %= w1,          0xffffffff,         10,                 0x5",
    "r0 s%= r1,         -7,                 2,                  0xffffffffffffffff",
    "r0 s%= r1,         0x8000000000000000, -1,                 0x0",
    "r0 s%= r1,         -7,                 0,                  0xfffffffffffffff9",
    "w0 s%= w1,         0x80000000,         0xffffffff,         0x0",
    "w0 s%= w1,         -7,                 -4,                 0xfffffffd",
    "r0 <<= r1,         1,                  65,                 0x2",
    "w0 <<= w1,         1,                  33,                 0x2",
    "r0 >>= r1,         0x8000000000000000, 127,                0x1",
    "w0 >>= w1,         0xffffffff80000000, 31,                 0x1",
    "r0 s>>= r1,        0x8000000000000000, 63,                 0xffffffffffffffff",
    "w0 s>>= w1,        0x80000000,         31,                 0xffffffff",
    "w0 s>>= w1,        0x100000000,        1,                  0x0",
    "r0 ^= r1,          0xff,               0xf0,               0xf",
    "w0 |= w1,          0xf00000000,        0xf0,               0xf0",
    "r0 = -r0,          1,                  0,                  0xffffffffffffffff",
    "w0 = -w0,          1,                  0,                  0xffffffff",
    "r0 = (s8)r1,       0,                  0x80,               0xffffffffffffff80",
    "r0 = (s16)r1,      0,                  0x18000,            0xffffffffffff8000",
    "r0 = (s32)r1,      0,                  0x80000000,         0xffffffff80000000",
    "w0 = (s8)w1,       0,                  0x80,               0xffffff80",
    "w0 = (s16)w1,      0,                  0x7fff,             0x7fff",
    "w0 = w1,           0,                  0xfffffffff,        0xffffffff",
    "w0 = -1,           0,                  0,                  0xffffffff",
    "r0 = be16 r0,      0x1122334455667788, 0,                  0x8877",
    "r0 = be32 r0,      0x1122334455667788, 0,                  0x88776655",
    "r0 = be64 r0,      0x1122334455667788, 0,                  0x8877665544332211",
    "r0 = le16 r0,      0x1122334455667788, 0,                  0x7788",
    "r0 = le32 r0,      0x1122334455667788, 0,                  0x55667788",
    "r0 = le64 r0,      0x1122334455667788, 0,                  0x1122334455667788",
    "r0 = bswap16 r0,   0x1122334455667788, 0,                  0x8877",
    "r0 = bswap32 r0,   0x1122334455667788, 0,                  0x88776655",
    "r0 = bswap64 r0,   0x1122334455667788, 0,                  0x8877665544332211",
    "r0 = 0x123456789a, 0,                  0,                  0x123456789a",
  })
  void arithmetic(String insn, String r0, String r1, String expected) {
    long result = machine.run("r0 = " + r0 + " ll\nr1 = " + r1 + " ll\n" + insn + "\nexit");
    assertThat("0x" + Long.toHexString(result)).isEqualTo(expected);
  }

  /** The condition of r0 and r1, each true or false for 64 and for 32 bits. */
  @ParameterizedTest
  @CsvSource({
    "==,  0x100000001, 1,                  false, true",
    "!=,  0x100000001, 1,                  true,  false",
    ">,   0xffffffffffffffff, 1,           true,  true",
    ">,   0x100000000, 1,                  true,  false",
    ">=,  0x100000000, 1,                  true,  false",
    ">=,  1, 1,                            true,  true",
    "<,   1, 0xffffffff00000001,           true,  false",
    "<=,  1, 0xffffffff00000001,           true,  true",
    "s>,  -1, 0,                           false, false",
    "s>,  0x80000000, 0,                   true,  false",
    "s>=, 0x80000000, 0,                   true,  false",
    "s<,  -1, 0,                           true,  true",
    "s<,  0x80000000, 0,                   false, true",
    "s<=, 0x180000000, 0x80000000,         false, true",
    "&,   0x100000000, 0x100000000,        true,  false",
    "&,   6, 2,                            true,  true",
  })
  void conditions(String condition, String r0, String r1, boolean wide, boolean narrow) {
    String start = "r6 = " + r0 + " ll\nr7 = " + r1 + " ll\nr0 = 1\nif ";
    assertThat(machine.run(start + "r6 " + condition + " r7 goto +1\nr0 = 0\nexit") == 1)
        .isEqualTo(wide);
    assertThat(machine.run(start + "w6 " + condition + " w7 goto +1\nr0 = 0\nexit") == 1)
        .isEqualTo(narrow);
  }

  @Test
  void constantsOfJumpsAreSignExtended() {
    assertThat(machine.run("r6 = -1\nr0 = 1\nif r6 == -1 goto +1\nr0 = 0\nexit")).isEqualTo(1);
    assertThat(machine.run("r6 = 5\nr0 = 1\nif r6 < -1 goto +1\nr0 = 0\nexit")).isEqualTo(1);
    assertThat(machine.run("w6 = -1\nr0 = 1\nif w6 s< 0 goto +1\nr0 = 0\nexit")).isEqualTo(1);
  }

  @Test
  void memoryAndStack() {
    long block = machine.block(32);
    String text =
        """
        *(u64 *)(r10 -8) = -2
        r3 = *(s8 *)(r10 -8)
        r4 = *(u16 *)(r10 -7)
        r5 = *(s32 *)(r10 -4)
        *(u8 *)(r1 +0) = r3
        *(u16 *)(r1 +1) = r4
        *(u32 *)(r1 +3) = r5
        *(u32 *)(r1 +8) = 7
        r0 = *(u64 *)(r1 +0)
        exit
        """;
    assertThat(machine.run(text, block, 0)).isEqualTo(0x00fffffffffffffeL);
    assertThat(Memory.getInt(block + 8)).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource({
    "r0 = *(u8 *)(r1 +16),     access of 1 bytes at",
    "r0 = *(u64 *)(r1 +9),     access of 8 bytes at",
    "*(u32 *)(r1 -1) = 0,      access of 4 bytes at",
    "lock *(u64 *)(r1 +16) += r2, access of 8 bytes at",
    "r0 = *(u8 *)(r10 +0),     access of 1 bytes at",
    "r0 = *(u8 *)(r10 -513),   access of 1 bytes at",
    "r0 = *(u64 *)(r0 +0),     access of 8 bytes at 0x0",
    "r0 = -8; r0 = *(u64 *)(r0 +0), access of 8 bytes at 0xfffffffffffffff8",
  })
  void accessesElsewhereTrap(String insns, String message) {
    long block = machine.block(16);
    String text = "r0 = 0\n" + insns.replace("; ", "\n") + "\nexit";
    assertThatThrownBy(() -> machine.run(text, block, 0))
        .isInstanceOf(Trap.class)
        .hasMessageContaining("trap in \"test\" at insn ")
        .hasMessageContaining(message);
    assertThat(machine.run("r0 = 3\nexit")).isEqualTo(3);
  }

  @Test
  void endlessRecursionTraps() {
    assertThatThrownBy(() -> machine.run("call pc-1\nexit"))
        .isInstanceOf(Trap.class)
        .hasMessageContaining("stack overflow");
  }

  @Test
  void localCallsKeepRegistersAndHaveFramesOfTheirOwn() {
    String text =
        """
              r6 = 1
              r7 = r10
              *(u64 *)(r10 -8) = 5
              r1 = r10
              r1 += -8
              call add
              r6 += r0
              if r7 != r10 goto fail
              r0 = *(u64 *)(r10 -8)
              r0 += r6
              exit
        fail: r0 = -1
              exit
        add:  r6 = 100
              *(u64 *)(r10 -8) = 70
              r0 = *(u64 *)(r1 +0)
              r2 = 2
              *(u64 *)(r1 +0) = r2
              exit
        """;
    assertThat(machine.run(text)).isEqualTo(1 + 5 + 2);
  }

  @Test
  void functionsGetFiveArgumentsAndTheCpu() {
    machine.functions.put(
        9,
        (cpu, a, b, c, d, e) -> ((((a * 10 + b) * 10 + c) * 10 + d) * 10 + e) * 10 + cpu.number());
    long result = machine.run("r1 = 1\nr2 = 2\nr3 = 3\nr4 = 4\nr5 = 5\ncall #9\nexit");
    assertThat(result / 10).isEqualTo(12345);
    assertThatThrownBy(() -> machine.run("call #10\nexit"))
        .isInstanceOf(UnsupportedException.class);
  }

  /** What bpf_loop does: the callback sees the caller's stack, and may call functions again. */
  @Test
  void callbacksRunOnTheSameStack() {
    machine.functions.put(
        181,
        (cpu, n, function, context, flags, _) -> {
          long i = 0;
          while (i < n && cpu.callback().call(function, i, context, 0, 0, 0) == 0) {
            i++;
          }
          return i;
        });
    String text =
        """
               *(u64 *)(r10 -8) = 0
               r9 = 77
               r1 = 10
               r2 = subprog[each]
               r3 = r10
               r3 += -8
               r4 = 0
               call #181
               r1 = *(u64 *)(r10 -8)
               r0 *= 1000
               r0 += r1
               if r9 == 77 goto +1
               r0 = -1
               exit
        each:  r9 = 1
               r3 = *(u64 *)(r2 +0)
               r3 += r1
               *(u64 *)(r2 +0) = r3
               *(u64 *)(r10 -8) = -1
               r0 = 0
               if r1 != 6 goto +1
               r0 = 1
               exit
        """;
    assertThat(machine.run(text)).isEqualTo(6 * 1000 + 21);
    assertThatThrownBy(() -> machine.run("r1 = 1\nr2 = 5\nr4 = 0\ncall #181\nexit"))
        .isInstanceOf(Trap.class)
        .hasMessageContaining("callback to 0x5");
  }

  @Test
  void nestedRunsShareTheStackAndGiveItBack() {
    UnverifiedProgram inner = machine.load("*(u64 *)(r10 -8) = 9\nr0 = *(u64 *)(r10 -8)\nexit");
    machine.functions.put(7, (cpu, a, b, c, d, e) -> inner.run(cpu, 0, 0));
    String text = "*(u64 *)(r10 -8) = 1\ncall #7\nr1 = *(u64 *)(r10 -8)\nr0 += r1\nexit";
    for (int i = 0; i < 1000; i++) {
      assertThat(machine.run(text)).isEqualTo(10);
    }
  }

  @Test
  void kernelVariablesAreMemory() {
    Memory.putLong(machine.variables, 4711);
    assertThat(machine.run("r1 = btf_id[0]\nr0 = *(u64 *)(r1 +0)\nexit")).isEqualTo(4711);
    assertThatThrownBy(() -> machine.run("r1 = btf_id[9]\nexit"))
        .hasMessageContaining("variable of BTF id 9");
  }

  @Test
  void perCpuAddressesAreThisCpus() {
    long offset = machine.machine.perCpu().allocate(8, 8);
    for (int cpu = 0; cpu < 2; cpu++) {
      Memory.putLong(machine.machine.perCpu().address(offset, cpu), 100 + cpu);
    }
    UnverifiedProgram program =
        machine.load("r1 = &(void __percpu *)(r1)\nr0 = *(u64 *)(r1 +0)\nexit");
    for (int index = 0; index < 2; index++) {
      var cpu = machine.machine.cpus().enter(index);
      assertThat(program.run(cpu, offset, 0)).isEqualTo(100 + index);
      machine.machine.cpus().leave();
    }
    assertThatThrownBy(() -> machine.run("r0 = *(u64 *)(r1 +0)\nexit", offset, 0))
        .isInstanceOf(Trap.class);
  }

  @Test
  void timedMayGotoGrantsLoopsUntilTimeIsUp() {
    long refills = KernelFunction.TIMED_MAY_GOTO.number();
    String text =
        """
               *(u64 *)(r10 -16) = 65535
               *(u64 *)(r10 -8) = 0
               r0 = 0
        loop:  r11 = *(u64 *)(r10 -16)
               if r11 == 0 goto done
               r11 += -1
               if r11 != 0 goto +2
               r11 = -16
               call #%d
               *(u64 *)(r10 -16) = r11
               r0 += 1
               goto loop
        done:  exit
        """
            .formatted(refills);
    long start = System.nanoTime();
    assertThat(machine.run(text)).isGreaterThan(65535);
    assertThat(System.nanoTime() - start).isBetween(240_000_000L, 5_000_000_000L);
  }

  @Test
  void whatIsNoProgramIsMalformed() {
    assertThatThrownBy(() -> machine.run("")).isInstanceOf(MalformedException.class);
    assertThatThrownBy(() -> machine.run(".word 0xff"))
        .hasMessage("program \"test\", insn 0: no instruction 0xff");
    assertThatThrownBy(() -> machine.run("goto +1\nexit"))
        .hasMessage("program \"test\", insn 0: jump to insn 2");
    assertThatThrownBy(() -> machine.run("goto +1\nr0 = 1 ll\nexit"))
        .hasMessage("program \"test\", insn 0: jump to insn 2");
    assertThatThrownBy(() -> machine.run("r0 = 1 ll\n.word 0x18"))
        .hasMessage("program \"test\", insn 2: ld_imm64 without its second slot");
    assertThatThrownBy(() -> machine.run(".word 0xfbf"))
        .hasMessage("program \"test\", insn 0: no register 15");
    assertThatThrownBy(() -> machine.run("r0 = 0")).isInstanceOf(Trap.class);
  }

  @ParameterizedTest
  @CsvSource({
    "may_goto +0, may_goto that was not rewritten",
    "r0 = *(u8 *)skb[0], packet loads that were not rewritten",
    "call kfunc f#7, call of kfunc #7",
    "'r0 = addr_space_cast(r0, 0, 1)', address space casts",
    "r1 = map[idx:0], ld_imm64 with src 5",
    "gotox r1, gotox",
  })
  void whatIsMissingIsNamed(String text, String what) {
    assertThatThrownBy(() -> machine.run(text + "\nexit"))
        .isInstanceOf(UnsupportedException.class)
        .hasMessage("interpreter: " + what + " (program \"test\", insn 0)");
  }
}

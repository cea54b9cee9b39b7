package dev.skep.isa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AssemblerTest {
  private static final Assembler.Symbols SYMBOLS =
      new Assembler.Symbols() {
        @Override
        public int helper(String name) {
          return name.equals("bpf_ktime_get_ns") ? 5 : -1;
        }

        @Override
        public int map(String name) {
          return name.equals("flows") ? 3 : -1;
        }
      };

  /** Reading what the kernel printed gives the instruction that it printed. */
  @Test
  void readsTheKernelsText() {
    int read = 0;
    for (KernelText golden : KernelText.all()) {
      long[] slots = {golden.first(), golden.second()};
      Insn insn = InsnCodec.decode(slots, 0).insn();
      boolean kfunc = insn instanceof Insn.CallKfunc;
      boolean foreignConstant =
          insn instanceof Insn.LoadConstant c && c.kind() != Insn.Constant.VALUE;
      if (insn instanceof Insn.Invalid || kfunc || foreignConstant) {
        continue;
      }
      long[] assembled = Assembler.assemble(golden.text());
      assertThat(InsnCodec.decode(assembled, 0).insn()).as(golden.text()).isEqualTo(insn);
      assertThat(assembled[0]).as(golden.text()).isEqualTo(InsnCodec.encode(insn));
      read++;
    }
    assertThat(read).isGreaterThan(550);
  }

  /** Every instruction that has a text of its own survives printing and reading. */
  @Test
  void readsWhatTheDisassemblerPrints() {
    Random random = new Random(1);
    int read = 0;
    for (int i = 0; i < 200_000; i++) {
      Opcode[] rows = Opcode.values();
      Opcode row = rows[random.nextInt(rows.length)];
      long word = row.selector() | random.nextLong() & row.operandMask();
      long next = random.nextLong() & 0xffffffff00000000L;
      Insn insn = InsnCodec.decode(new long[] {word, next}, 0).insn();
      String text = Disassembler.text(word, next, CallNames.NONE);
      boolean unnamed =
          insn instanceof Insn.CallKfunc
              || insn instanceof Insn.Invalid
              || insn instanceof Insn.LoadConstant c && c.kind() != Insn.Constant.VALUE
              || insn instanceof Insn.TailCall c && c.poke() < 0;
      if (!unnamed && !text.startsWith("BUG_")) {
        assertThat(InsnCodec.decode(Assembler.assemble(text), 0).insn()).as(text).isEqualTo(insn);
        read++;
      }
    }
    assertThat(read).isGreaterThan(50_000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "r1 = 5 ll                   | 1801000005000000 0000000000000000",
        "r1 = 0xffffffffffffffff ll  | 18010000ffffffff 00000000ffffffff",
        "r1 = 0x100000000            | 1801000000000000 0000000001000000",
        "(18) r1 = 0x5               | 1801000005000000 0000000000000000",
        "r1 = 0x5                    | b701000005000000",
        "w1 = 0xffffffff             | b4010000ffffffff",
        "if r1 == 0xffffffff goto +1 | 15010100ffffffff",
        "r1 = map[2]                 | 1811000002000000 0000000000000000",
        "r1 = map[id:2]              | 1811000002000000 0000000000000000",
        "r1 = map[flows]             | 1811000003000000 0000000000000000",
        "r1 = map[flows][0]+8        | 1821000003000000 0000000008000000",
        "r1 = map[1][0]              | 1821000001000000 0000000000000000",
        "r1 = map[idx:4]             | 1851000004000000 0000000000000000",
        "r1 = map[idx:4]+16          | 1861000004000000 0000000010000000",
        "r2 = subprog[+3]            | 1842000003000000 0000000000000000",
        "r2 = btf_id[7]              | 1832000007000000 0000000000000000",
        "call bpf_ktime_get_ns       | 8500000005000000",
        "call #181                   | 85000000b5000000",
        "call kfunc bpf_x#77 off=1   | 852001004d000000",
        "r0 = *(u32 *)(r1 + 4)       | 6110040000000000",
        "*(u8 *)(r10 - 1) = w2       | 732affff00000000",
        "r0 = *(u16 *)skb[r3 + -5]   | 48300000fbffffff",
        "r1 = (s32)r2                | bf21200000000000",
        "w1 = -w1                    | 8401000000000000",
        "r1 = -1                     | b7010000ffffffff",
        "tail_call 2                 | f500000002000000",
        "gotox r3                    | 0d03000000000000",
        ".word 0x00000000ffff01f0    | f001ffff00000000",
        "goto -1                     | 0500ffff00000000",
      })
  void readsItsOwnForms(String text, String hex) {
    long[] expected = List.of(hex.split(" ")).stream().mapToLong(KernelText::word).toArray();
    assertThat(Assembler.assemble(text, SYMBOLS)).isEqualTo(expected);
  }

  @Test
  void labelsAndComments() {
    long[] slots =
        Assembler.assemble(
            """
            // counts down
            0: (b7) r0 = 3        ; R0_w=3
            again: next:
                   if r0 == 0 goto done
                   r0 += -1
                   r1 = 1 ll
            5:     goto again
            done:  call next
                   gotol done
                   r2 = subprog[done]
                   exit
            """);
    assertThat(slots)
        .isEqualTo(
            new long[] {
              InsnWord.of(0xb7, 0, 0, 0, 3),
              InsnWord.of(0x15, 0, 0, 4, 0),
              InsnWord.of(0x07, 0, 0, 0, -1),
              InsnWord.of(0x18, 1, 0, 0, 1),
              0,
              InsnWord.of(0x05, 0, 0, -5, 0),
              InsnWord.of(0x85, 0, 1, 0, -6),
              InsnWord.of(0x06, 0, 0, 0, -2),
              InsnWord.of(0x18, 2, 4, 0, -3),
              0,
              0x95,
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "r0 = 0; ok~ r12 = 1              | line 2, column 2: expected a register, found \"r12\"",
        "r1 += 0x80000000                 | line 1, column 7: number out of range",
        "r1 = w2                          | line 1, column 6: both registers must have",
        "r1 = -r2                         | line 1, column 7: source and destination must be",
        "w1 = (s32)w2                     | line 1, column 7: s32 needs a 64-bit register",
        "goto nowhere                     | line 1, column 6: unknown name \"nowhere\"",
        "call nowhere                     | line 1, column 6: unknown name \"nowhere\"",
        "goto pc+40000                    | line 1, column 8: number out of range",
        "a: a: exit                       | line 1, column 5: label \"a\" is defined twice",
        "1: exit                          | line 1, column 2: the next slot is 0, not 1",
        "(b4) r0 = 0                      | the code of this instruction is (b7)",
        "exit now                         | line 1, column 6: expected the end of the instruction",
        "r0 = *(u24 *)(r1 +0)             | expected a type as in u32, found \"u24\"",
        "if r1 ~ 0 goto +1                | line 1, column 7: expected a condition",
        "r1 = map[nothing]                | line 1, column 10: unknown map \"nothing\"",
        "r2 = atomic_xchg((u32 *)(r1 +0), r3) | the old value goes to the register of the operand",
        "lock *(u8 *)(r1 +0) += r2        | atomic operations need u32 or u64",
        "r1 = 0x                          | malformed number",
        "r1 = 99999999999999999999        | malformed number",
        "*(u32 *)(r1 +99999) = 0          | line 1, column 13: number out of range",
        "r1                               | line 1, column 3: expected \"=\", found the end",
        "call                             | line 1, column 5: expected a function",
      })
  void errorsNameThePlace(String text, String message) {
    assertThatThrownBy(() -> Assembler.assemble(text.replace("; ok~", "\n")))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining(message);
  }

  @Test
  void labelsOutOfReachAreErrors() {
    String far = "goto end\n" + "r0 = 0\n".repeat(32768) + "end: exit\n";
    assertThatThrownBy(() -> Assembler.assemble(far))
        .hasMessage("line 1, column 6: label \"end\" is too far: 32768 slots");
    assertThat(Assembler.assemble(far.replace("goto", "gotol"))).hasSize(32770);
  }
}

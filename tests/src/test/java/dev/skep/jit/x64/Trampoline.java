package dev.skep.jit.x64;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.jspecify.annotations.NullMarked;

/**
 * Code that the nop at a function's start leads to, as the kernel's trampolines for fentry and
 * fexit (arch_prepare_bpf_trampoline): it counts, and keeps arguments and rax, where the pointer to
 * the tail call counter is.
 */
@NullMarked
public final class Trampoline {
  private static final int NOP_BYTES = 5;

  private Trampoline() {}

  /**
   * Traces a function of the kernel layout.
   *
   * @param function address of its nop
   * @param counters two 64-bit words: entries, and exits
   * @param exits whether exits are counted, for which the trampoline calls the function
   */
  public static void attach(X64Text text, long function, long counters, boolean exits) {
    ByteBuffer code = ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN);
    hex(code, "55 48 89 e5"); // push rbp; mov rbp,rsp
    hex(code, "50 57 56 52 51 41 50"); // push rax, rdi, rsi, rdx, rcx, r8
    hex(code, "49 bb").putLong(counters); // mov r11,counters
    hex(code, "49 ff 03"); // inc qword [r11]
    // What a tracing program may leave in the registers of the caller.
    hex(code, "b8 ff ff ff ff bf ff ff ff ff be ff ff ff ff ba ff ff ff ff");
    hex(code, "41 58 59 5a 5e 5f 58"); // pop r8, rcx, rdx, rsi, rdi, rax
    hex(code, "49 bb").putLong(function + NOP_BYTES); // mov r11,function
    if (exits) {
      hex(code, "41 ff d3"); // call r11
      hex(code, "49 bb").putLong(counters);
      hex(code, "49 ff 43 08"); // inc qword [r11+8]
      hex(code, "c9 c3"); // leave; ret
    } else {
      hex(code, "c9 41 ff e3"); // leave; jmp r11
    }
    byte[] bytes = new byte[code.position()];
    code.flip().get(bytes);
    int result = text.poker().poke(function, TextPoker.NOP, text.place(bytes));
    if (result != 0) {
      throw new IllegalStateException("poke of a function's start: " + result);
    }
  }

  private static ByteBuffer hex(ByteBuffer code, String bytes) {
    return code.put(HexFormat.ofDelimiter(" ").parseHex(bytes));
  }
}

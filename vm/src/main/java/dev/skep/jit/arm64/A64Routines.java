package dev.skep.jit.arm64;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Functions that compiled code calls with registers of its own. */
public final class A64Routines {
  private A64Routines() {}

  /**
   * arch_bpf_timed_may_goto: BPF_REG_AX holds the place of the count and the time stamp relative to
   * the frame pointer, and gets the new count. All registers of BPF keep their values.
   *
   * @param check address of a function that takes the address of the two and returns the count
   */
  public static byte[] timedMayGoto(A64Layout layout, long check) {
    A64Assembler asm = new A64Assembler();
    Constants constants = new Constants(asm, layout);
    int r0 = layout.dialect().r0;
    if (layout.bti()) {
      asm.word(A64Assembler.BTI_C);
    }
    asm.push(A64Reg.FP, A64Reg.LR);
    asm.push(0, 1);
    asm.push(2, 3);
    asm.push(4, r0);
    asm.registers(A64Assembler.ADD, 1, 0, A64Reg.BPF_FP, A64Reg.AX);
    constants.address(A64Reg.TMP1, check);
    asm.branchLinkRegister(A64Reg.TMP1);
    constants.register(1, A64Reg.AX, 0);
    asm.pop(4, r0);
    asm.pop(2, 3);
    asm.pop(0, 1);
    asm.pop(A64Reg.FP, A64Reg.LR);
    asm.word(A64Assembler.RET);
    int[] words = asm.copy();
    byte[] bytes = new byte[4 * words.length];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(words);
    return bytes;
  }
}

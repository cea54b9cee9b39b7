package dev.skep.jit.arm64;

import dev.skep.jit.MachineCode;
import dev.skep.jit.Relocation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntToLongFunction;

/** Puts addresses into code once it is known where the code will be. */
public final class A64Linker {
  private static final int IMM16 = 0xffff << 5;

  private A64Linker() {}

  /**
   * The code as it runs at an address.
   *
   * @param helpers the addresses of helpers and kernel functions by number
   */
  public static byte[] link(MachineCode code, long base, IntToLongFunction helpers) {
    ByteBuffer bytes = ByteBuffer.wrap(code.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (Relocation relocation : code.relocations()) {
      switch (relocation.kind()) {
        case CALL_HELPER, CALL_KFUNC ->
            address(bytes, relocation.offset(), helpers.applyAsLong(relocation.operand()));
        case FUNCTION ->
            address(bytes, relocation.offset(), base + code.functionOffset(relocation.operand()));
        default -> {
          // was put in when the code was made
        }
      }
    }
    return bytes.array();
  }

  /** Three moves of 16 bits, the first of the inverted bits if it is a movn. */
  private static void address(ByteBuffer bytes, int offset, long address) {
    for (int i = 0; i < 3; i++) {
      int word = bytes.getInt(offset + 4 * i) & ~IMM16;
      boolean inverts = (word & 0x7f800000) == A64Assembler.MOVN;
      int block = (int) (address >>> 16 * i);
      bytes.putInt(offset + 4 * i, word | (inverts ? ~block : block) << 5 & IMM16);
    }
  }
}

package dev.skep.fuzz;

import dev.skep.isa.InsnWord;
import java.util.Arrays;

/** Instructions of one function under construction; jumps are bound when their target is known. */
final class Code {
  static final int ALU = 0x04;
  static final int JMP = 0x05;
  static final int JMP32 = 0x06;
  static final int ALU64 = 0x07;
  static final int X = 0x08;
  static final int MOV = 0xb0;
  static final int W = 0x00;
  static final int H = 0x08;
  static final int B = 0x10;
  static final int DW = 0x18;
  static final int LD_IMM64 = 0x18;
  static final int CALL = 0x85;
  static final int EXIT = 0x95;
  static final int ATOMIC = 0xc0;
  static final int JA32 = 0x06;

  private static final int[] SIZES = {B, H, W, DW};

  private long[] words = new long[64];
  private int length;

  int length() {
    return length;
  }

  long[] words() {
    return Arrays.copyOf(words, length);
  }

  int emit(int code, int dst, int src, int off, int imm) {
    if (length == words.length) {
      words = Arrays.copyOf(words, 2 * length);
    }
    words[length] = InsnWord.of(code, dst, src, off, imm);
    return length++;
  }

  int mov(int dst, int src) {
    return emit(ALU64 | MOV | X, dst, src, 0, 0);
  }

  int movImm(int dst, int imm) {
    return emit(ALU64 | MOV, dst, 0, 0, imm);
  }

  int add(int dst, int imm) {
    return emit(ALU64, dst, 0, 0, imm);
  }

  int addReg(int dst, int src) {
    return emit(ALU64 | X, dst, src, 0, 0);
  }

  int and(int dst, int imm) {
    return emit(ALU64 | 0x50, dst, 0, 0, imm);
  }

  /** The size bits of 1, 2, 4 or 8 bytes. */
  static int sizeBits(int bytes) {
    return SIZES[Integer.numberOfTrailingZeros(bytes)];
  }

  int load(int bytes, int dst, int src, int off) {
    return emit(0x61 | sizeBits(bytes), dst, src, off, 0);
  }

  int loadSigned(int bytes, int dst, int src, int off) {
    return emit(0x81 | sizeBits(bytes), dst, src, off, 0);
  }

  int store(int bytes, int dst, int src, int off) {
    return emit(0x63 | sizeBits(bytes), dst, src, off, 0);
  }

  int storeImm(int bytes, int dst, int off, int imm) {
    return emit(0x62 | sizeBits(bytes), dst, 0, off, imm);
  }

  int atomic(int bytes, int dst, int src, int off, int operation) {
    return emit(0x03 | ATOMIC | sizeBits(bytes), dst, src, off, operation);
  }

  int loadImm64(int dst, int src, int low, int high) {
    int at = emit(LD_IMM64, dst, src, 0, low);
    emit(0, 0, 0, 0, high);
    return at;
  }

  int call(int helper) {
    return emit(CALL, 0, 0, 0, helper);
  }

  int exit() {
    return emit(EXIT, 0, 0, 0, 0);
  }

  /** A jump forward whose target comes with {@link #bind}. */
  int jump(int code, int dst, int src, int imm) {
    return emit(code, dst, src, 0, imm);
  }

  /** Makes the jump at {@code at} go to the next instruction. */
  void bind(int at) {
    int distance = length - at - 1;
    words[at] =
        InsnWord.code(words[at]) == JA32
            ? InsnWord.withImm(words[at], distance)
            : InsnWord.withOff(words[at], distance);
  }

  /** A jump back to {@code target}. */
  int jumpBack(int code, int dst, int src, int imm, int target) {
    return emit(code, dst, src, target - length - 1, imm);
  }
}

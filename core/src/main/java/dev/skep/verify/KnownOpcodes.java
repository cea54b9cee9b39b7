package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;

/**
 * The codes that programs may contain (bpf_opcode_in_insntable); ld_imm64, which is looked at
 * before, is not among them.
 */
final class KnownOpcodes {
  private static final boolean[] KNOWN = new boolean[256];

  static {
    int[] binary = {ADD, SUB, MUL, DIV, OR, AND, LSH, RSH, MOD, XOR, MOV, ARSH};
    int[] compare = {JEQ, JGT, JGE, JSET, JNE, JSGT, JSGE, JLT, JLE, JSLT, JSLE};
    for (int source : new int[] {K, X}) {
      add(ALU | source, binary);
      add(ALU64 | source, binary);
      add(JMP | source, compare);
      add(JMP32 | source, compare);
      add(ALU | END | source);
    }
    add(ALU | NEG);
    add(ALU64, NEG, END);
    add(JMP, JA, CALL, EXIT, JCOND);
    add(JMP32 | JA);
    for (int size : new int[] {B, H, W, DW}) {
      add(LDX | MEM | size);
      add(ST | MEM | size);
      add(STX | size, MEM, ATOMIC);
    }
    for (int size : new int[] {B, H, W}) {
      add(LDX | MEMSX | size);
      add(LD | size, ABS, IND);
    }
  }

  private KnownOpcodes() {}

  private static void add(int base, int... parts) {
    if (parts.length == 0) {
      KNOWN[base] = true;
    }
    for (int part : parts) {
      KNOWN[base | part] = true;
    }
  }

  static boolean has(int code) {
    return KNOWN[code];
  }
}

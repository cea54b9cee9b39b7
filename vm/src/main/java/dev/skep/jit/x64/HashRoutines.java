package dev.skep.jit.x64;

import static dev.skep.jit.x64.Gpr.R10;
import static dev.skep.jit.x64.Gpr.R11;
import static dev.skep.jit.x64.Gpr.R8;
import static dev.skep.jit.x64.Gpr.R9;
import static dev.skep.jit.x64.Gpr.RAX;
import static dev.skep.jit.x64.Gpr.RCX;
import static dev.skep.jit.x64.Gpr.RDI;
import static dev.skep.jit.x64.Gpr.RDX;
import static dev.skep.jit.x64.Gpr.RSI;

import dev.skep.machine.HtabLayout;
import dev.skep.program.layout.BpfMapLayout;
import dev.skep.program.layout.HtabElemLayout;

/**
 * Lookup in a hash map as machine code: rdi = struct bpf_htab, rsi = key, rax = element or 0. No
 * lock is taken; see {@link HtabLayout} for why a walk that ends in another bucket starts again.
 */
final class HashRoutines {
  private static final int JHASH_INITVAL = 0xdeadbeef;

  /** The hash function's three words. */
  private static final int A = RAX;

  private static final int B = RDX;
  private static final int C = R8;

  /** What is left of the key while it is hashed. */
  private static final int AT = R9;

  private static final int LEFT = RCX;

  /** While a chain is walked. */
  static final int HASH = R8;

  private static final int END = RAX;
  static final int BUCKET = RDX;
  static final int ELEMENT = R9;

  // Labels.
  private static final int BLOCK = 0;
  private static final int LAST = 1;
  private static final int PART_A = 2;
  private static final int PART_B = 3;
  private static final int PART_C = 4;
  private static final int MIXED = 5;
  private static final int HASHED = 6;
  private static final int WALK = 7;
  private static final int CHECK = 8;
  static final int NEXT = 9;
  private static final int CHAIN_END = 10;
  private static final int MISSING = 11;
  static final int FOUND = 12;
  private static final int EIGHT = 13;
  private static final int FOUR = 14;
  private static final int ONE = 15;
  private static final int FIRST_FREE = 16;

  private HashRoutines() {}

  static byte[] lookup() {
    Routine r = new Routine();
    hash(r);
    walk(r);
    return r.finish();
  }

  /** r8 = jhash of the key; the 32-bit-word form gives the same wherever it applies. */
  static void hash(Routine r) {
    X64Assembler asm = r.asm;
    r.load32(LEFT, RDI, BpfMapLayout.KEY_SIZE);
    asm.move(1, AT, RSI);
    r.load32(A, RDI, HtabLayout.HASHRND);
    asm.alu(AluOp.ADD, 0, A, LEFT);
    asm.aluImmediate(AluOp.ADD, 0, A, JHASH_INITVAL);
    asm.move(0, B, A);
    asm.move(0, C, A);
    r.labels.bind(BLOCK);
    asm.aluImmediate(AluOp.CMP, 0, LEFT, 12);
    r.labels.jumpIf(Condition.BELOW_OR_EQUAL, LAST);
    addWord(asm, A, 0);
    addWord(asm, B, 4);
    addWord(asm, C, 8);
    mix(asm);
    asm.aluImmediate(AluOp.ADD, 1, AT, 12);
    asm.aluImmediate(AluOp.SUB, 0, LEFT, 12);
    r.labels.jumpFar(BLOCK);
    r.labels.bind(LAST);
    lastBlock(r);
    r.labels.bind(MIXED);
    finish(asm);
    r.labels.bind(HASHED);
  }

  private static void addWord(X64Assembler asm, int sum, int offset) {
    asm.aluFromMemory(AluOp.ADD, 0, sum, AT, X64Assembler.NO_INDEX, offset);
  }

  private static void mix(X64Assembler asm) {
    mixStep(asm, A, C, B, 4);
    mixStep(asm, B, A, C, 6);
    mixStep(asm, C, B, A, 8);
    mixStep(asm, A, C, B, 16);
    mixStep(asm, B, A, C, 19);
    mixStep(asm, C, B, A, 4);
  }

  /** x -= y; x ^= rol(y, count); y += z. */
  private static void mixStep(X64Assembler asm, int x, int y, int z, int count) {
    asm.alu(AluOp.SUB, 0, x, y);
    asm.move(0, R10, y);
    asm.shiftImmediate(0, 0, R10, count);
    asm.alu(AluOp.XOR, 0, x, R10);
    asm.alu(AluOp.ADD, 0, y, z);
  }

  private static void finish(X64Assembler asm) {
    finishStep(asm, C, B, 14);
    finishStep(asm, A, C, 11);
    finishStep(asm, B, A, 25);
    finishStep(asm, C, B, 16);
    finishStep(asm, A, C, 4);
    finishStep(asm, B, A, 14);
    finishStep(asm, C, B, 24);
  }

  /** x ^= y; x -= rol(y, count). */
  private static void finishStep(X64Assembler asm, int x, int y, int count) {
    asm.alu(AluOp.XOR, 0, x, y);
    asm.move(0, R10, y);
    asm.shiftImmediate(0, 0, R10, count);
    asm.alu(AluOp.SUB, 0, x, R10);
  }

  /** The last 0 to 12 bytes: whole words into a, b, c, then the rest into the next of them. */
  private static void lastBlock(Routine r) {
    X64Assembler asm = r.asm;
    asm.test(0, LEFT, LEFT);
    r.labels.jumpFarIf(Condition.EQUAL, HASHED);
    int[] sums = {A, B, C};
    int[] parts = {PART_A, PART_B, PART_C};
    for (int i = 0; i < 3; i++) {
      asm.aluImmediate(AluOp.CMP, 0, LEFT, 4);
      r.labels.jumpIf(Condition.BELOW, parts[i]);
      addWord(asm, sums[i], 0);
      asm.aluImmediate(AluOp.ADD, 1, AT, 4);
      asm.aluImmediate(AluOp.SUB, 0, LEFT, 4);
    }
    r.labels.jumpFar(MIXED);
    for (int i = 0; i < 3; i++) {
      r.labels.bind(parts[i]);
      addPart(r, sums[i], FIRST_FREE + 2 * i);
      if (i < 2) {
        r.labels.jumpFar(MIXED);
      }
    }
  }

  /** Adds the last LEFT (0 to 3) bytes as one little-endian number. */
  private static void addPart(Routine r, int sum, int label) {
    X64Assembler asm = r.asm;
    int again = label;
    int done = label + 1;
    asm.alu(AluOp.XOR, 0, R10, R10);
    r.labels.bind(again);
    asm.test(0, LEFT, LEFT);
    r.labels.jumpIf(Condition.EQUAL, done);
    asm.shiftImmediate(0, 4, R10, 8);
    asm.load(LoadOp.U8, R11, AT, LEFT, -1);
    asm.alu(AluOp.OR, 0, R10, R11);
    asm.aluImmediate(AluOp.SUB, 0, LEFT, 1);
    r.labels.jump(again);
    r.labels.bind(done);
    asm.alu(AluOp.ADD, 0, sum, R10);
  }

  private static void walk(Routine r) {
    X64Assembler asm = r.asm;
    bucketAndEnd(r);
    r.labels.bind(WALK);
    r.load64(ELEMENT, BUCKET, HtabLayout.BUCKET_HEAD);
    r.labels.bind(CHECK);
    asm.test(1, ELEMENT, ELEMENT);
    r.labels.jumpIf(Condition.EQUAL, MISSING);
    asm.testImmediate(0, ELEMENT, 1);
    r.labels.jumpIf(Condition.NOT_EQUAL, CHAIN_END);
    asm.compareMemory(0, ELEMENT, HtabElemLayout.HASH, HASH);
    r.labels.jumpIf(Condition.NOT_EQUAL, NEXT);
    compareKey(r);
    r.labels.bind(NEXT);
    r.load64(ELEMENT, ELEMENT, HtabLayout.ELEM_NEXT);
    r.labels.jumpFar(CHECK);
    r.labels.bind(CHAIN_END);
    asm.alu(AluOp.CMP, 1, ELEMENT, END);
    r.labels.jumpFarIf(Condition.NOT_EQUAL, WALK);
    r.labels.bind(MISSING);
    asm.alu(AluOp.XOR, 0, RAX, RAX);
    asm.ret();
    r.labels.bind(FOUND);
    asm.move(1, RAX, ELEMENT);
    asm.ret();
  }

  /** rdx = the hash's bucket, rax = the word that ends its chain. */
  static void bucketAndEnd(Routine r) {
    X64Assembler asm = r.asm;
    r.load32(END, RDI, HtabLayout.N_BUCKETS);
    asm.aluImmediate(AluOp.SUB, 0, END, 1);
    asm.alu(AluOp.AND, 0, END, HASH);
    asm.move(1, BUCKET, END);
    asm.shiftImmediate(1, 4, BUCKET, Integer.numberOfTrailingZeros(HtabLayout.BUCKET_SIZE));
    asm.aluFromMemory(AluOp.ADD, 1, BUCKET, RDI, X64Assembler.NO_INDEX, HtabLayout.BUCKETS);
    asm.shiftImmediate(1, 4, END, 1);
    asm.aluImmediate(AluOp.ADD, 1, END, 1);
  }

  /** Goes to FOUND or NEXT; compares from the end of the key, eight bytes at a time at first. */
  static void compareKey(Routine r) {
    X64Assembler asm = r.asm;
    int key = HtabElemLayout.KEY;
    r.load32(RCX, RDI, BpfMapLayout.KEY_SIZE);
    r.labels.bind(EIGHT);
    asm.aluImmediate(AluOp.SUB, 0, RCX, 8);
    r.labels.jumpIf(Condition.BELOW, FOUR);
    asm.load(LoadOp.U64, R10, RSI, RCX, 0);
    asm.aluFromMemory(AluOp.CMP, 1, R10, ELEMENT, RCX, key);
    r.labels.jumpIf(Condition.NOT_EQUAL, NEXT);
    r.labels.jump(EIGHT);
    r.labels.bind(FOUR);
    asm.aluImmediate(AluOp.ADD, 0, RCX, 4);
    r.labels.jumpIf(Condition.LESS, ONE);
    asm.load(LoadOp.U32, R10, RSI, RCX, 0);
    asm.aluFromMemory(AluOp.CMP, 0, R10, ELEMENT, RCX, key);
    r.labels.jumpIf(Condition.NOT_EQUAL, NEXT);
    asm.aluImmediate(AluOp.SUB, 0, RCX, 4);
    r.labels.bind(ONE);
    asm.aluImmediate(AluOp.ADD, 0, RCX, 4);
    int again = FIRST_FREE + 6;
    r.labels.bind(again);
    asm.aluImmediate(AluOp.SUB, 0, RCX, 1);
    r.labels.jumpIf(Condition.LESS, FOUND);
    asm.load(LoadOp.U8, R10, RSI, RCX, 0);
    asm.load(LoadOp.U8, R11, ELEMENT, RCX, key);
    asm.alu(AluOp.CMP, 0, R10, R11);
    r.labels.jumpIf(Condition.EQUAL, again);
    r.labels.jumpFar(NEXT);
  }
}

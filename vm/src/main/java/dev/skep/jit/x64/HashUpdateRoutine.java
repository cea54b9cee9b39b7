package dev.skep.jit.x64;

import static dev.skep.jit.x64.Gpr.R10;
import static dev.skep.jit.x64.Gpr.R11;
import static dev.skep.jit.x64.Gpr.R13;
import static dev.skep.jit.x64.Gpr.R14;
import static dev.skep.jit.x64.Gpr.R15;
import static dev.skep.jit.x64.Gpr.RAX;
import static dev.skep.jit.x64.Gpr.RBX;
import static dev.skep.jit.x64.Gpr.RCX;
import static dev.skep.jit.x64.Gpr.RDI;
import static dev.skep.jit.x64.Gpr.RDX;
import static dev.skep.jit.x64.Gpr.RSI;
import static dev.skep.jit.x64.HashRoutines.BUCKET;
import static dev.skep.jit.x64.HashRoutines.ELEMENT;
import static dev.skep.jit.x64.HashRoutines.FOUND;
import static dev.skep.jit.x64.HashRoutines.HASH;
import static dev.skep.jit.x64.HashRoutines.NEXT;

import dev.skep.machine.HtabLayout;
import dev.skep.natives.PerCpuRegion;
import dev.skep.program.layout.BpfMapLayout;
import dev.skep.program.layout.HtabElemLayout;

/**
 * htab_map_update_elem for a key that is there, as machine code: rdi = struct bpf_htab, rsi = key,
 * rdx = value, rcx = flags. As in the kernel, this CPU's extra element is written and linked first
 * in its chain, the old one leaves it and becomes the extra element. New keys, other flags than 0
 * and BPF_EXIST, maps without extra elements and buckets that stay locked are for Java.
 *
 * <p>The bucket's lock is the one that Java's writers take, see {@link HtabLayout}; the extra
 * element is this CPU's alone, and the run on it cannot be interrupted by another.
 */
final class HashUpdateRoutine {
  private static final int EXIST = 2;

  /** How often a locked bucket is looked at again; Java's waiting gives the core away. */
  private static final int TRIES = 100;

  private static final int CMPXCHG = 0x0fb1;
  private static final int[] SAVED = {RBX, R13, R14, R15, RCX, RDX};

  private static final int VALUE = RBX;

  /** Address of the extra element's address. */
  private static final int EXTRA = R13;

  /** Address of the link that leads to the element that is looked at. */
  private static final int LINK = R14;

  /** The bucket's sequence number while it is not locked. */
  private static final int SEQUENCE = R15;

  // Labels; those below are of HashRoutines.
  private static final int JAVA = 24;
  private static final int TRY = 25;
  private static final int BUSY = 26;
  private static final int CHECK = 27;
  private static final int ABSENT = 28;
  private static final int NOT_FIRST = 29;
  private static final int RESTORE = 30;
  private static final int FIRST_COPY = 31;

  private HashUpdateRoutine() {}

  /**
   * @param java address of the function that does the whole update
   */
  static byte[] update(long java) {
    Routine r = new Routine();
    X64Assembler asm = r.asm;
    takeExtra(r);
    for (int register : SAVED) {
      asm.push(register);
    }
    asm.move(1, VALUE, RDX);
    asm.move(1, EXTRA, RAX);
    HashRoutines.hash(r);
    HashRoutines.bucketAndEnd(r);
    lock(r);
    find(r);
    replace(r);
    unlock(asm);
    asm.alu(AluOp.XOR, 0, RAX, RAX);
    restore(asm);
    asm.ret();
    r.labels.bind(ABSENT);
    unlock(asm);
    r.labels.bind(RESTORE);
    restore(asm);
    r.labels.bind(JAVA);
    asm.moveImmediate64(RAX, java);
    asm.jumpRegister(RAX);
    return r.finish();
  }

  private static void restore(X64Assembler asm) {
    for (int i = SAVED.length - 1; i >= 0; i--) {
      asm.pop(SAVED[i]);
    }
  }

  /** rax = address of this CPU's extra element's address; or all is for Java. */
  private static void takeExtra(Routine r) {
    r.asm.testImmediate(1, RCX, ~EXIST);
    r.labels.jumpFarIf(Condition.NOT_EQUAL, JAVA);
    r.load64(RAX, RDI, HtabLayout.EXTRA_ELEMS);
    r.asm.test(1, RAX, RAX);
    r.labels.jumpFarIf(Condition.EQUAL, JAVA);
    r.asm.addGs(RAX, PerCpuRegion.BASE_OFFSET);
  }

  private static void lock(Routine r) {
    X64Assembler asm = r.asm;
    asm.moveImmediate32(RCX, TRIES);
    r.labels.bind(TRY);
    r.load32(RAX, BUCKET, HtabLayout.BUCKET_SEQUENCE);
    asm.testImmediate(0, RAX, 1);
    r.labels.jumpIf(Condition.NOT_EQUAL, BUSY);
    asm.move(0, SEQUENCE, RAX);
    asm.move(0, R10, RAX);
    asm.aluImmediate(AluOp.ADD, 0, R10, 1);
    asm.locked(CMPXCHG, 0, BUCKET, X64Assembler.NO_INDEX, HtabLayout.BUCKET_SEQUENCE, R10);
    int locked = FIRST_COPY + 6;
    r.labels.jumpIf(Condition.EQUAL, locked);
    r.labels.bind(BUSY);
    asm.pause();
    asm.aluImmediate(AluOp.SUB, 0, RCX, 1);
    r.labels.jumpIf(Condition.NOT_EQUAL, TRY);
    r.labels.jumpFar(RESTORE);
    r.labels.bind(locked);
  }

  private static void unlock(X64Assembler asm) {
    asm.aluImmediate(AluOp.ADD, 0, SEQUENCE, 2);
    asm.store(4, BUCKET, X64Assembler.NO_INDEX, HtabLayout.BUCKET_SEQUENCE, SEQUENCE);
  }

  /** ELEMENT = the one with that key, LINK = what leads to it. */
  private static void find(Routine r) {
    X64Assembler asm = r.asm;
    asm.move(1, LINK, BUCKET);
    r.labels.bind(CHECK);
    // Heads and elements have their link first.
    r.load64(ELEMENT, LINK, 0);
    asm.test(1, ELEMENT, ELEMENT);
    r.labels.jumpFarIf(Condition.EQUAL, ABSENT);
    asm.testImmediate(0, ELEMENT, 1);
    r.labels.jumpFarIf(Condition.NOT_EQUAL, ABSENT);
    asm.compareMemory(0, ELEMENT, HtabElemLayout.HASH, HASH);
    r.labels.jumpIf(Condition.NOT_EQUAL, NEXT);
    HashRoutines.compareKey(r);
    r.labels.bind(NEXT);
    asm.move(1, LINK, ELEMENT);
    r.labels.jumpFar(CHECK);
    r.labels.bind(FOUND);
  }

  /** Readers see the old or the new element, and no moment without one. */
  private static void replace(Routine r) {
    X64Assembler asm = r.asm;
    int extra = RAX;
    r.load64(extra, EXTRA, 0);
    r.store32(extra, HtabElemLayout.HASH, HASH);
    asm.move(1, R10, RSI);
    asm.lea(R11, extra, HtabElemLayout.KEY);
    r.load32(RCX, RDI, BpfMapLayout.KEY_SIZE);
    copy(r, FIRST_COPY);
    r.load32(RCX, RDI, BpfMapLayout.KEY_SIZE);
    asm.aluImmediate(AluOp.ADD, 0, RCX, 7);
    asm.aluImmediate(AluOp.AND, 0, RCX, -8);
    asm.lea(R11, extra, HtabElemLayout.KEY);
    asm.alu(AluOp.ADD, 1, R11, RCX);
    asm.move(1, R10, VALUE);
    r.load32(RCX, RDI, BpfMapLayout.VALUE_SIZE);
    copy(r, FIRST_COPY + 3);
    r.load64(R10, BUCKET, HtabLayout.BUCKET_HEAD);
    r.store64(extra, HtabLayout.ELEM_NEXT, R10);
    r.store64(BUCKET, HtabLayout.BUCKET_HEAD, extra);
    asm.alu(AluOp.CMP, 1, LINK, BUCKET);
    r.labels.jumpIf(Condition.NOT_EQUAL, NOT_FIRST);
    asm.move(1, LINK, extra);
    r.labels.bind(NOT_FIRST);
    r.load64(R10, ELEMENT, HtabLayout.ELEM_NEXT);
    r.store64(LINK, 0, R10);
    r.store64(EXTRA, 0, ELEMENT);
  }

  /** Copies rcx bytes from r10 to r11; r8, the hash, is written down already and is used. */
  private static void copy(Routine r, int label) {
    X64Assembler asm = r.asm;
    int words = label;
    int bytes = label + 1;
    int done = label + 2;
    r.labels.bind(words);
    asm.aluImmediate(AluOp.SUB, 0, RCX, 8);
    r.labels.jumpIf(Condition.LESS, bytes);
    r.load64(HASH, R10, 0);
    r.store64(R11, 0, HASH);
    asm.aluImmediate(AluOp.ADD, 1, R10, 8);
    asm.aluImmediate(AluOp.ADD, 1, R11, 8);
    r.labels.jump(words);
    r.labels.bind(bytes);
    asm.aluImmediate(AluOp.ADD, 0, RCX, 8);
    r.labels.jumpIf(Condition.EQUAL, done);
    int each = label + 7;
    r.labels.bind(each);
    asm.load(LoadOp.U8, HASH, R10, RCX, -1);
    asm.store(1, R11, RCX, -1, HASH);
    asm.aluImmediate(AluOp.SUB, 0, RCX, 1);
    r.labels.jumpIf(Condition.NOT_EQUAL, each);
    r.labels.bind(done);
  }
}

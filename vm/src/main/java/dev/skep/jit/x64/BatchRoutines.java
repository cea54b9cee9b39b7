package dev.skep.jit.x64;

import static dev.skep.jit.x64.Gpr.R12;
import static dev.skep.jit.x64.Gpr.R13;
import static dev.skep.jit.x64.Gpr.R14;
import static dev.skep.jit.x64.Gpr.RAX;
import static dev.skep.jit.x64.Gpr.RBX;
import static dev.skep.jit.x64.Gpr.RCX;
import static dev.skep.jit.x64.Gpr.RDI;
import static dev.skep.jit.x64.Gpr.RDX;

import dev.skep.program.layout.XdpBuffLayout;

/**
 * Loops over inputs in machine code. Each is entered as a program whose context is a batch of
 * {@link BatchLayout}.
 */
final class BatchRoutines {
  private static final int[] SAVED = {RBX, R12, R13, R14};

  private BatchRoutines() {}

  /** The same context again and again; gives the last result. */
  static byte[] repeat() {
    Routine r = new Routine();
    int again = 0;
    save(r.asm);
    r.load64(R12, RDI, BatchLayout.COUNT);
    r.load64(R13, RDI, BatchLayout.CTX);
    r.load64(R14, RDI, BatchLayout.CODE);
    r.labels.bind(again);
    r.asm.move(1, RDI, R13);
    r.asm.callRegister(R14);
    r.asm.aluImmediate(AluOp.SUB, 1, R12, 1);
    r.labels.jumpIf(Condition.NOT_EQUAL, again);
    restore(r.asm);
    return r.finish();
  }

  /** A context block per item. */
  static byte[] contexts() {
    Routine r = new Routine();
    int again = 0;
    save(r.asm);
    r.load64(R12, RDI, BatchLayout.COUNT);
    r.load64(RBX, RDI, BatchLayout.FIRST_ITEM);
    r.load64(R14, RDI, BatchLayout.CODE);
    r.labels.bind(again);
    r.load64(RDI, RBX, BatchLayout.ITEM_CTX);
    r.asm.callRegister(R14);
    r.store32(RBX, BatchLayout.ITEM_RETVAL, RAX);
    r.asm.aluImmediate(AluOp.ADD, 1, RBX, BatchLayout.ITEM_SIZE);
    r.asm.aluImmediate(AluOp.SUB, 1, R12, 1);
    r.labels.jumpIf(Condition.NOT_EQUAL, again);
    restore(r.asm);
    return r.finish();
  }

  /** One xdp_buff, whose packet pointers are set from the item and given back to it. */
  static byte[] xdp() {
    Routine r = new Routine();
    X64Assembler asm = r.asm;
    int again = 0;
    save(asm);
    asm.push(Gpr.R15);
    r.load64(R12, RDI, BatchLayout.COUNT);
    r.load64(R13, RDI, BatchLayout.CTX);
    r.load64(R14, RDI, BatchLayout.CODE);
    r.load64(Gpr.R15, RDI, BatchLayout.HEADROOM);
    r.load64(RBX, RDI, BatchLayout.FIRST_ITEM);
    r.labels.bind(again);
    r.load64(RAX, RBX, BatchLayout.XDP_DATA);
    r.load64(RCX, RBX, BatchLayout.XDP_DATA_END);
    r.load64(RDX, RBX, BatchLayout.XDP_DATA_META);
    r.store64(R13, XdpBuffLayout.DATA, RAX);
    r.store64(R13, XdpBuffLayout.DATA_END, RCX);
    r.store64(R13, XdpBuffLayout.DATA_META, RDX);
    asm.alu(AluOp.SUB, 1, RAX, Gpr.R15);
    r.store64(R13, XdpBuffLayout.DATA_HARD_START, RAX);
    asm.move(1, RDI, R13);
    asm.callRegister(R14);
    r.store32(RBX, BatchLayout.XDP_RETVAL, RAX);
    copyBack(r, XdpBuffLayout.DATA, BatchLayout.XDP_DATA);
    copyBack(r, XdpBuffLayout.DATA_END, BatchLayout.XDP_DATA_END);
    copyBack(r, XdpBuffLayout.DATA_META, BatchLayout.XDP_DATA_META);
    asm.aluImmediate(AluOp.ADD, 1, RBX, BatchLayout.XDP_SIZE);
    asm.aluImmediate(AluOp.SUB, 1, R12, 1);
    r.labels.jumpIf(Condition.NOT_EQUAL, again);
    asm.pop(Gpr.R15);
    restore(asm);
    return r.finish();
  }

  private static void copyBack(Routine r, int from, int to) {
    r.load64(RCX, R13, from);
    r.store64(RBX, to, RCX);
  }

  private static void save(X64Assembler asm) {
    for (int register : SAVED) {
      asm.push(register);
    }
  }

  private static void restore(X64Assembler asm) {
    for (int i = SAVED.length - 1; i >= 0; i--) {
      asm.pop(SAVED[i]);
    }
    asm.ret();
  }
}

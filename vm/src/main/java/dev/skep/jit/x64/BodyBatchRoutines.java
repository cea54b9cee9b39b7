package dev.skep.jit.x64;

import static dev.skep.jit.x64.Gpr.R12;
import static dev.skep.jit.x64.Gpr.R13;
import static dev.skep.jit.x64.Gpr.R14;
import static dev.skep.jit.x64.Gpr.R15;
import static dev.skep.jit.x64.Gpr.RAX;
import static dev.skep.jit.x64.Gpr.RBP;
import static dev.skep.jit.x64.Gpr.RBX;
import static dev.skep.jit.x64.Gpr.RCX;
import static dev.skep.jit.x64.Gpr.RDI;
import static dev.skep.jit.x64.Gpr.RDX;
import static dev.skep.jit.x64.Gpr.RSP;

import dev.skep.program.layout.XdpBuffLayout;

/**
 * As {@link BatchRoutines}, for programs of the userspace layout that tail call: the loop is the
 * stub of {@link UserFrame} itself, so that frame and registers are made ready once for all runs.
 *
 * <pre>
 *   rbp + 32  headroom
 *       + 24  item
 *       + 16  body
 *       +  8  context
 *   rbp       runs left
 *             the programs' frame
 *   rsp
 * </pre>
 *
 * Programs keep rbp and none of the others.
 */
final class BodyBatchRoutines {
  private static final int[] SAVED = {RBP, RBX, R12, R13, R14, R15};
  private static final int LEFT = 0;
  private static final int CONTEXT = 8;
  private static final int BODY = 16;
  private static final int ITEM = 24;
  private static final int HEADROOM = 32;
  private static final int STATE_BYTES = 40;
  private static final int AGAIN = 0;

  private BodyBatchRoutines() {}

  /** The same context again and again; gives the last result. */
  static byte[] repeat() {
    Routine r = new Routine();
    begin(r);
    r.labels.bind(AGAIN);
    call(r);
    return end(r);
  }

  /** A context block per item. */
  static byte[] contexts() {
    Routine r = new Routine();
    begin(r);
    r.labels.bind(AGAIN);
    r.load64(RCX, RBP, ITEM);
    r.load64(RDX, RCX, BatchLayout.ITEM_CTX);
    r.store64(RBP, CONTEXT, RDX);
    call(r);
    r.load64(RCX, RBP, ITEM);
    r.store32(RCX, BatchLayout.ITEM_RETVAL, RAX);
    nextItem(r, BatchLayout.ITEM_SIZE);
    return end(r);
  }

  /** One xdp_buff, whose packet pointers are set from the item and given back to it. */
  static byte[] xdp() {
    Routine r = new Routine();
    begin(r);
    r.labels.bind(AGAIN);
    r.load64(RCX, RBP, ITEM);
    r.load64(RDI, RBP, CONTEXT);
    r.load64(RAX, RCX, BatchLayout.XDP_DATA_END);
    r.load64(RDX, RCX, BatchLayout.XDP_DATA_META);
    r.store64(RDI, XdpBuffLayout.DATA_END, RAX);
    r.store64(RDI, XdpBuffLayout.DATA_META, RDX);
    r.load64(RAX, RCX, BatchLayout.XDP_DATA);
    r.store64(RDI, XdpBuffLayout.DATA, RAX);
    r.load64(RDX, RBP, HEADROOM);
    r.asm.alu(AluOp.SUB, 1, RAX, RDX);
    r.store64(RDI, XdpBuffLayout.DATA_HARD_START, RAX);
    call(r);
    r.load64(RCX, RBP, ITEM);
    r.load64(RDI, RBP, CONTEXT);
    r.store32(RCX, BatchLayout.XDP_RETVAL, RAX);
    copyBack(r, XdpBuffLayout.DATA, BatchLayout.XDP_DATA);
    copyBack(r, XdpBuffLayout.DATA_END, BatchLayout.XDP_DATA_END);
    copyBack(r, XdpBuffLayout.DATA_META, BatchLayout.XDP_DATA_META);
    nextItem(r, BatchLayout.XDP_SIZE);
    return end(r);
  }

  private static void copyBack(Routine r, int from, int to) {
    r.load64(RDX, RDI, from);
    r.store64(RCX, to, RDX);
  }

  private static void begin(Routine r) {
    for (int register : SAVED) {
      r.asm.push(register);
    }
    r.asm.aluImmediate(AluOp.SUB, 1, RSP, STATE_BYTES);
    r.asm.move(1, RBP, RSP);
    r.asm.aluImmediate32(AluOp.SUB, 1, RSP, UserFrame.FRAME_BYTES);
    keep(r, BatchLayout.COUNT, LEFT);
    keep(r, BatchLayout.CTX, CONTEXT);
    keep(r, BatchLayout.CODE, BODY);
    keep(r, BatchLayout.FIRST_ITEM, ITEM);
    keep(r, BatchLayout.HEADROOM, HEADROOM);
  }

  private static void keep(Routine r, int from, int to) {
    r.load64(RAX, RDI, from);
    r.store64(RBP, to, RAX);
  }

  private static void call(Routine r) {
    r.load64(RDI, RBP, CONTEXT);
    r.asm.moveImmediate32(UserFrame.COUNTER, UserFrame.TAIL_CALL_LIMIT);
    r.asm.callMemory(RBP, BODY);
  }

  /** rcx = the item. */
  private static void nextItem(Routine r, int size) {
    r.asm.aluImmediate(AluOp.ADD, 1, RCX, size);
    r.store64(RBP, ITEM, RCX);
  }

  /** Goes on, or returns rax. */
  private static byte[] end(Routine r) {
    r.load64(RCX, RBP, LEFT);
    r.asm.aluImmediate(AluOp.SUB, 1, RCX, 1);
    r.store64(RBP, LEFT, RCX);
    r.labels.jumpFarIf(Condition.NOT_EQUAL, AGAIN);
    r.asm.move(1, RSP, RBP);
    r.asm.aluImmediate(AluOp.ADD, 1, RSP, STATE_BYTES);
    for (int i = SAVED.length - 1; i >= 0; i--) {
      r.asm.pop(SAVED[i]);
    }
    r.asm.ret();
    return r.finish();
  }
}

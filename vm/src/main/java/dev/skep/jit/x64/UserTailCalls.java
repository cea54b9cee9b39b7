package dev.skep.jit.x64;

import dev.skep.isa.InsnWord;
import dev.skep.program.layout.BpfArrayLayout;
import dev.skep.program.layout.BpfMapLayout;
import dev.skep.rewrite.TailCallDialect;
import dev.skep.rewrite.TailCallImm;

/**
 * Tail calls of the userspace layout: test, count, jump. The frame stays for the next program, see
 * {@link UserFrame}; a try that fails gives its count back.
 *
 * <pre>
 *   DIRECT                    STATIC                              DYNAMIC
 *                             cmp edx, max; jae out               mov ecx, [map's max]
 *                                                                 cmp edx, ecx; jae out
 *         sub r12d, 1               sub r12d, 1                         sub r12d, 1
 *         jb miss                   jb miss                             jb miss
 *         jmp target or miss        mov rcx, [targets + 8*rdx]          mov rcx, [rsi + targets(ecx) + 8*rdx]
 *                                   test rcx, rcx; jz miss              test rcx, rcx; jz miss
 *                                   jmp rcx                             jmp rcx
 *   miss: add r12d, 1         miss: add r12d, 1                   miss: add r12d, 1
 *   out:                      out:                                out:
 * </pre>
 *
 * Where the index is known to fit, the tests of it are not there. The displacement of the direct
 * jump is a multiple of four away from everything: one store changes it while others run the code.
 */
final class UserTailCalls implements TailCallLowering {
  /** From the start of a direct jump to its displacement. */
  private static final int JUMP_OPCODE_BYTES = 1;

  private static final int SLOT_BYTES = 8;

  private final FunctionCode f;
  private final X64Assembler asm;
  private final UserFrame frame;

  UserTailCalls(FunctionCode f, UserFrame frame) {
    this.f = f;
    this.frame = frame;
    this.asm = f.asm;
  }

  /** The counter is in a register that both functions have. */
  @Override
  public void beforeSubprogramCall() {}

  @Override
  public void tailCall(long word) {
    TailCallDialect dialect = f.input.tailCalls();
    int imm = InsnWord.imm(word);
    switch (TailCallImm.form(dialect, imm)) {
      case DIRECT -> direct(TailCallImm.poke(dialect, imm));
      case STATIC -> indirectStatic(TailCallImm.map(imm));
      case DYNAMIC -> indirectDynamic();
    }
  }

  private void direct(int poke) {
    int limit = count();
    frame.growForCallee();
    asm.nop(-(f.buffer.position() + JUMP_OPCODE_BYTES) & 3);
    int jump = f.buffer.position();
    asm.jumpNear(0);
    int empty = f.buffer.position();
    frame.shrink();
    miss(limit);
    f.pokeSite(poke, empty, jump);
  }

  /** r1 = ctx, r3 = index; of the array in r2 the size is known, and so where the targets are. */
  private void indirectStatic(int map) {
    int max = f.input.maxEntries(map);
    long targets = BpfArrayLayout.PTRS + (long) SLOT_BYTES * Integer.toUnsignedLong(max);
    if (targets != (int) targets) {
      indirectDynamic();
      return;
    }
    if (indexFits()) {
      jumpToSlot(Gpr.RDX, (int) targets);
      return;
    }
    asm.move(0, Gpr.RDX, Gpr.RDX);
    asm.aluImmediate(AluOp.CMP, 0, Gpr.RDX, max);
    int outOfBounds = forwardJump(Condition.ABOVE_OR_EQUAL);
    jumpToSlot(Gpr.RDX, (int) targets);
    land(outOfBounds);
  }

  /** r1 = ctx, r2 = program array, r3 = index. */
  private void indirectDynamic() {
    boolean fits = indexFits();
    if (!fits) {
      asm.move(0, Gpr.RDX, Gpr.RDX);
    }
    asm.load(LoadOp.U32, Gpr.RCX, Gpr.RSI, X64Assembler.NO_INDEX, BpfMapLayout.MAX_ENTRIES);
    if (fits) {
      asm.alu(AluOp.ADD, 1, Gpr.RCX, Gpr.RDX);
      jumpToSlot(Gpr.RCX, BpfArrayLayout.PTRS);
      return;
    }
    asm.alu(AluOp.CMP, 0, Gpr.RDX, Gpr.RCX);
    int outOfBounds = forwardJump(Condition.ABOVE_OR_EQUAL);
    asm.alu(AluOp.ADD, 1, Gpr.RCX, Gpr.RDX);
    jumpToSlot(Gpr.RCX, BpfArrayLayout.PTRS);
    land(outOfBounds);
  }

  private boolean indexFits() {
    return f.input.indexFits().test(f.function.start() + f.current - 1);
  }

  /** Counts, and goes where [rsi + index*8 + displacement] says, if it does. */
  private void jumpToSlot(int index, int displacement) {
    int limit = count();
    loadSlot(index, displacement);
    asm.test(1, Gpr.RCX, Gpr.RCX);
    int empty = forwardJump(Condition.EQUAL);
    frame.growForCallee();
    asm.jumpRegister(Gpr.RCX);
    land(empty);
    miss(limit);
  }

  private int count() {
    asm.aluImmediate(AluOp.SUB, 0, UserFrame.COUNTER, 1);
    return forwardJump(Condition.BELOW);
  }

  /** mov rcx, [rsi + index*8 + displacement]. */
  private void loadSlot(int index, int displacement) {
    f.buffer.put1(0x48);
    f.buffer.put2(0x8c8b);
    f.buffer.put1(0xc0 | index << 3 | Gpr.RSI);
    f.buffer.put4(displacement);
  }

  private void miss(int limit) {
    land(limit);
    asm.aluImmediate(AluOp.ADD, 0, UserFrame.COUNTER, 1);
  }

  private int forwardJump(int condition) {
    asm.jumpIfShort(condition, 0);
    return f.buffer.position();
  }

  private void land(int jumpEnd) {
    f.buffer.set1(jumpEnd - 1, f.buffer.position() - jumpEnd);
  }
}

package dev.skep.jit.x64;

import dev.skep.isa.InsnWord;
import dev.skep.jit.Relocation.Kind;
import dev.skep.rewrite.TailCallDialect;
import dev.skep.rewrite.TailCallImm;

/** Tail calls as the kernel has them: the counter is in memory, the frame is torn down. */
final class KernelTailCalls implements TailCallLowering {
  private final FunctionCode f;
  private final KernelLayout layout;
  private final X64Assembler asm;
  private final KernelFrame frame;

  KernelTailCalls(FunctionCode f, KernelLayout layout, KernelFrame frame) {
    this.f = f;
    this.layout = layout;
    this.asm = f.asm;
    this.frame = frame;
  }

  @Override
  public void beforeSubprogramCall() {
    loadCounterPointer();
  }

  /** In the direct form if there is one and the runtime patches, else by what the program knows. */
  @Override
  public void tailCall(long word) {
    TailCallDialect dialect = f.input.tailCalls();
    int imm = InsnWord.imm(word);
    switch (TailCallImm.form(dialect, imm)) {
      case DIRECT -> {
        if (layout.directTailCalls()) {
          direct(TailCallImm.poke(dialect, imm));
        } else if (dialect == TailCallDialect.SEED) {
          indirectStatic(TailCallImm.map(imm));
        } else {
          indirectDynamic();
        }
      }
      case STATIC -> indirectStatic(TailCallImm.map(imm));
      case DYNAMIC -> indirectDynamic();
    }
  }

  /**
   * r1 = ctx, r2 = program array, r3 = index; the array is read for everything
   * (emit_bpf_tail_call_indirect with dyn_array, or before it knew of maps).
   */
  private void indirectDynamic() {
    asm.move(0, Gpr.RDX, Gpr.RDX);
    int outOfBounds;
    if (f.input.tailCalls() == TailCallDialect.SEED) {
      asm.aluFromMemory(
          AluOp.CMP, 0, Gpr.RDX, Gpr.RSI, X64Assembler.NO_INDEX, layout.mapMaxEntries());
      outOfBounds = forwardJump(Condition.ABOVE_OR_EQUAL);
    } else {
      asm.compareMemory(0, Gpr.RSI, layout.mapMaxEntries(), Gpr.RDX);
      outOfBounds = forwardJump(Condition.BELOW_OR_EQUAL);
    }
    jumpToSlot(outOfBounds, layout.progArraySlots(), true);
  }

  /**
   * As {@link #indirectDynamic} for one known array: its size is a constant, and what is read is
   * the target that is cached behind the slots (emit_bpf_tail_call_indirect without dyn_array).
   */
  private void indirectStatic(int map) {
    int entries = f.input.maxEntries(map);
    long targets = layout.progArraySlots() + 8 * Integer.toUnsignedLong(entries);
    if (targets != (int) targets) {
      // The kernel's displacement would wrap here; the slot itself is always in reach.
      indirectDynamic();
      return;
    }
    asm.move(0, Gpr.RDX, Gpr.RDX);
    asm.aluImmediate32(AluOp.CMP, 0, Gpr.RDX, entries);
    int outOfBounds = forwardJump(Condition.ABOVE_OR_EQUAL);
    jumpToSlot(outOfBounds, (int) targets, false);
  }

  /**
   * What both indirect forms share behind the test of the index.
   *
   * @param pointers offset of the pointers in the array's block
   * @param programs whether they are struct bpf_prog, else places to jump to
   */
  private void jumpToSlot(int outOfBounds, int pointers, boolean programs) {
    int limit = testCounter();
    loadPointer(pointers);
    asm.test(1, Gpr.RCX, Gpr.RCX);
    int empty = forwardJump(Condition.EQUAL);
    countAndDropFrame();
    if (programs) {
      asm.load(LoadOp.U64, Gpr.RCX, Gpr.RCX, X64Assembler.NO_INDEX, layout.progEntry());
      asm.aluImmediate(AluOp.ADD, 1, Gpr.RCX, layout.tailCallEntry());
    }
    jumpThroughRcx();
    land(outOfBounds);
    land(limit);
    land(empty);
  }

  /** mov rcx, [rsi + rdx*8 + displacement]. */
  private void loadPointer(int displacement) {
    f.buffer.put4(0xd68c8b48);
    f.buffer.put4(displacement);
  }

  private void jumpThroughRcx() {
    switch (layout.indirect()) {
      case THUNK -> {
        asm.jumpNear(0);
        f.relocation(Kind.INDIRECT_THUNK, 4, 0);
      }
      case LFENCE -> {
        asm.lfence();
        asm.jumpRegister(Gpr.RCX);
      }
      case PLAIN -> asm.jumpRegister(Gpr.RCX);
      case PLAIN_STOP -> {
        asm.jumpRegister(Gpr.RCX);
        asm.breakpoint();
      }
    }
  }

  /** A jump over the tail call, patched when its slot is filled (emit_bpf_tail_call_direct). */
  private void direct(int poke) {
    int limit = testCounter();
    int bypass = f.buffer.position();
    asm.jumpNear(0);
    countAndDropFrame();
    int target = f.buffer.position();
    asm.nop(5);
    f.buffer.set4(bypass + 1, f.buffer.position() - (bypass + 5));
    land(limit);
    f.pokeSite(poke, bypass, target);
  }

  private int testCounter() {
    loadCounterPointer();
    asm.aluMemory(AluOp.CMP, KernelFrame.TAIL_CALL_LIMIT);
    return forwardJump(Condition.ABOVE_OR_EQUAL);
  }

  /** rax = pointer to the counter. */
  private void loadCounterPointer() {
    // The kernel writes this displacement with four bytes, whatever its value.
    f.buffer.put2(0x8b48);
    f.buffer.put1(0x85);
    f.buffer.put4(f.tailCallCounterDisp());
  }

  private void countAndDropFrame() {
    asm.aluMemory(AluOp.ADD, 1);
    frame.popCalleeSaved();
    asm.pop(Gpr.RAX);
    asm.pop(Gpr.RAX);
    if (f.frameBytes() > 0) {
      asm.aluImmediate32(AluOp.ADD, 1, Gpr.RSP, f.frameBytes());
    }
  }

  private int forwardJump(int condition) {
    asm.jumpIfShort(condition, 0);
    return f.buffer.position();
  }

  private void land(int jumpEnd) {
    f.buffer.set1(jumpEnd - 1, f.buffer.position() - jumpEnd);
  }
}
